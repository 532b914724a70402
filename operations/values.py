"""JSON of anybody's as something worth looking at: short words, definition tables, tables. Harmless and bounded."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from operations.masking.hiding import hidden
from operations.showing import shortened, visible

NODES = 120  # values that are shown of one; the rest is counted
DEEP = 3  # dictionaries within each other
ROWS, COLUMNS, LISTED = 10, 8, 20
TEXT, CELL, NAME, SHORT = 400, 80, 60, 28  # characters
SPELLED = 4_000  # characters of a value that are looked at to show it in a line
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: int | float) -> str:
    """ "5.6 MB" from a number of bytes."""
    for unit in UNITS:
        if count < 1000 or unit == UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == UNITS[0] else f"{count:.1f} {unit}"


def in_short(value: Any, limit: int = CELL, field: str = "") -> str:
    """``value`` (of ``field``) in one line of at most about ``limit`` characters."""
    return _in_short(hidden(value, field), limit)


def _in_short(value: Any, limit: int = CELL) -> str:
    if is_dataset(value):
        return dataset_words(value)
    if isinstance(value, Mapping):
        pairs = (f"{_cut(str(name), NAME)}: {_in_short(part, 40)}" for name, part in list(value.items())[:LISTED])
        return shortened(f"{{{', '.join(pairs)}}}" if value else "nothing", limit)
    if isinstance(value, list):
        simple = all(not isinstance(part, Mapping | list) for part in value[:LISTED])
        if not simple or len(value) > LISTED:
            return f"a list of {len(value):,}"
        return shortened(", ".join(_in_short(part, 40) for part in value) or "nothing", limit)
    return _scalar(value, limit)


def is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_dataset(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("$dataset"), str)


def dataset_words(reference: Mapping[str, Any]) -> str:
    """ "1,234 rows, 5.6 MB"."""
    rows, count = reference.get("rows"), reference.get("bytes")
    told = [f"{rows:,} rows"] if is_number(rows) else []
    return ", ".join([*told, size(count)] if is_number(count) else told) or "a dataset"


def table_of(rows: Sequence[Any], *, most: int = ROWS, caption: str = "") -> SafeString:
    """Objects as a table of their first ``most`` and of the columns that most fit; says what is left out."""
    first = [hidden(row) for row in rows[:most]]
    return _table_of([*first, *rows[most:]], most=most, caption=caption)


def _table_of(rows: Sequence[Any], *, most: int = ROWS, caption: str = "") -> SafeString:
    shown = [row for row in rows[:most] if isinstance(row, Mapping)]
    names = list(dict.fromkeys(str(name) for row in shown for name in row))
    columns, more = names[:COLUMNS], names[COLUMNS:]
    left_out = [f"the first {len(shown)} of {len(rows):,}"] if len(rows) > len(shown) else []
    left_out += [f"without {_cut(', '.join(more), 200)}"] if more else []
    said = "; ".join([part for part in [caption, *left_out] if part])
    head = format_html_join("", '<th scope="col" dir="auto">{}</th>', ((_name(name),) for name in columns))
    body = format_html_join("", "<tr>{}</tr>", ((_cells(row, columns),) for row in shown))
    return format_html(
        '<div class="scroll" tabindex="0" role="group" aria-label="{}"><table class="grid">{}'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        said or "Table",
        format_html("<caption>{}</caption>", said) if said else "",
        head,
        body,
    )


def shown(value: Any, nodes: int = NODES) -> SafeString:
    """``value`` as HTML with at most about ``nodes`` values in it."""
    return _Shown(nodes).of(hidden(value), 0)


class _Shown:
    """Shows values until so many have been shown."""

    def __init__(self, left: int):
        self.left = left

    def of(self, value: Any, depth: int) -> SafeString:
        self.left -= 1
        if is_dataset(value):
            return _dataset(value)
        if isinstance(value, Mapping) and value:
            return self._pairs(value, depth) if depth < DEEP else _line(value)
        if isinstance(value, list) and len(value) == 1 and depth < DEEP:
            return self.of(value[0], depth)
        if _are_objects(value):
            self.left -= min(len(value), ROWS) * COLUMNS // 2
            return _table_of(value)
        return _listed(value) if isinstance(value, list) else _line(value)

    def _pairs(self, value: Mapping[Any, Any], depth: int) -> SafeString:
        parts = []
        for name, part in value.items():
            if self.left <= 0:
                break
            parts.append((_name(str(name)), self.of(_told(str(name), part), depth + 1)))
        rows = format_html_join("", '<div><dt dir="auto">{}</dt><dd>{}</dd></div>', parts)
        return format_html('<dl class="values">{}</dl>{}', rows, _and_more(len(value) - len(parts)))


def _told(name: str, value: Any) -> Any:
    """A number as people say it, where its name tells what it counts."""
    return size(value) if name in ("bytes", "size_bytes") and is_number(value) else value


def _dataset(reference: Mapping[str, Any]) -> SafeString:
    schema = reference.get("schema")
    columns = list(schema.items()) if isinstance(schema, Mapping) else []
    told = ((_name(str(name)), _in_short(kind, 40)) for name, kind in columns[:NODES])
    listed = format_html_join(", ", "<bdi>{}</bdi> <small>{}</small>", told)
    of = format_html(
        "<details><summary>{} columns</summary><p>{}{}</p></details>",
        f"{len(columns):,}",
        listed,
        _and_more(len(columns) - NODES),
    )
    url = _cut(reference["$dataset"], 300)
    return format_html(
        '<div class="dataset"><strong>{}</strong> <code>{}</code>{}</div>',
        dataset_words(reference),
        url,
        of if columns else "",
    )


def _cells(row: Mapping[Any, Any], columns: Iterable[str]) -> SafeString:
    named = {str(name): value for name, value in row.items()}
    told = ((name, named.get(name)) for name in columns)
    cells = ((value, _cell(name, value)) for name, value in told)
    return format_html_join("", '<td dir="auto" class="{}">{}</td>', ((_kind(*cell), cell[1]) for cell in cells))


def _cell(name: str, value: Any) -> str:
    return "" if value is None else _in_short(_told(name, value))


def _kind(value: Any, text: str) -> str:
    return "number" if is_number(value) else "short" if len(text) <= SHORT else "long"


def _line(value: Any) -> SafeString:
    text = _in_short(value, TEXT)
    kind = "quiet-text" if value in (None, "", {}) else "line"
    return format_html('<span class="{}" dir="auto">{}</span>', kind, text)


def _listed(values: list[Any]) -> SafeString:
    if not values:
        return format_html('<span class="quiet-text">{}</span>', "nothing")
    told = format_html_join(", ", "<bdi>{}</bdi>", ((_in_short(value),) for value in values[:LISTED]))
    return format_html('<span class="line">{}</span>{}', told, _and_more(len(values) - LISTED))


def _and_more(number: int) -> SafeString:
    return format_html(' <small class="quiet-text">and {} more</small>', f"{number:,}") if number > 0 else mark_safe("")


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) and part for part in value[:ROWS])


def _scalar(value: Any, limit: int) -> str:
    match value:
        case None | "":
            return "none" if value is None else "empty"
        case bool():
            return "yes" if value else "no"
        case int() if abs(value) >= 10_000:  # years and codes stay as they are
            return _cut(f"{value:,}", limit)
        case float():
            return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.2f}"
        case str():
            return _cut(value, limit)
    return _cut(json.dumps(value, default=str, ensure_ascii=False), limit)


def _name(name: str) -> str:
    return _cut(name.replace("_", " "), NAME)


def _cut(text: str, limit: int) -> str:
    """Made visible, of at most ``limit`` characters; a very long text is not read to its end for it."""
    head = shortened(visible(text[:SPELLED]), limit)
    return head if len(text) <= SPELLED else f"{visible(text[:limit])[:limit]}… ({len(text) - limit:,} more characters)"
