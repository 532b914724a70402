"""How each kind of field is compared: levels of agreement, from the most telling down, for Splink to weigh.

A level's ``m`` is how often records of one party stand so, before the data have said better; how often others do is
measured. Of its functions, those that not every engine has are listed by `engines.Engine`.
"""

from collections.abc import Callable
from typing import Any

import splink.comparison_level_library as levels
import splink.comparison_library as comparisons

from workers.entity_matching.sharing import COMMON, RARE

TELLING = 450  # the weight of a word that about one name in a hundred has
UNIQUE = "the same name in Florida's normal form"
CUT = "the same as far as it goes: it was cut off"
UNLIKE = "nothing alike"


def comparison(kind: str, column: str) -> Any:
    """The comparison of the prepared columns that begin with ``column``."""
    made = [_unknown(NULLS[kind].format(c=column)), *LEVELS[kind](column)]
    return comparisons.CustomComparison(output_column_name=column, comparison_levels=made)


def _level(sql: str, words: str, m: float, **options: Any) -> Any:
    return levels.CustomLevel(sql, words).configure(m_probability=m, **options)


def _unknown(sql: str) -> Any:
    return levels.CustomLevel(sql, "not known").configure(is_null_level=True)


def _unlike(m: float, **options: Any) -> Any:
    return levels.ElseLevel().configure(m_probability=m, label_for_charts=UNLIKE, **options)


def _name(c: str) -> list[Any]:
    shared = f"shared_weight({c}_words_l, {c}_words_r)"
    greater, lesser = (f"{pick}({c}_weight_l, {c}_weight_r)" for pick in ("greatest", "least"))
    same, borne = f"{c}_key_l = {c}_key_r", f"greatest({c}_bearers_l, {c}_bearers_r)"
    jaro = f"likeness({c}_key_l, {c}_key_r)"
    return [
        _level(f"{same} AND {borne} <= {RARE}", UNIQUE, 0.5),
        _level(f"{same} AND {borne} <= {COMMON}", "the same name, which several bear", 0.04),
        _level(same, "the same name, which many bear", 0.01),
        _level(f"list_has_any({c}_keys_l, {c}_keys_r)", "the same trade name", 0.02),
        _level(f"{_cut(c, 'l', 'r')} OR {_cut(c, 'r', 'l')}", CUT, 0.08),
        # Two of a series are not one: HOLDINGS 2 and HOLDINGS 3.
        _level(
            f"{c}_numbers_l <> {c}_numbers_r AND ({shared} >= 0.6 * {greater} OR {jaro} >= 0.9)",
            "alike but for a number",
            0.02,
        ),
        _level(f"{shared} >= 0.85 * {greater} OR {jaro} >= 0.96", "nearly the same", 0.14),
        _level(f"{shared} >= 0.95 * {lesser}", "one holds the other", 0.08),
        _level(f"{shared} >= 0.6 * {greater} OR {jaro} >= 0.9", "alike", 0.05),
        _level(f"{shared} >= 0.5 * {lesser} OR {shared} >= 0.35 * {greater}", "half of the words in common", 0.05),
        _level(f"{shared} >= {TELLING}", "a telling word in common", 0.03),
        # Records that share a place but no word of their names are seldom one party, whatever the data seem to say:
        # the shops of a mall, the companies of an agent.
        _unlike(0.01, fix_m_probability=True),
    ]


def _cut(c: str, short: str, full: str) -> str:
    """Is the name on the side ``short`` cut off, and the other one how it may have gone on?"""
    same_start = f"starts_with({c}_plain_{full}, {c}_plain_{short}) OR starts_with({c}_key_{full}, {c}_start_{short})"
    return f"({c}_start_{short} IS NOT NULL AND ({same_start}))"


def _shared_values(c: str, shares: tuple[float, float, float]) -> list[Any]:
    words = ("the same, of few parties", "the same, of many parties", "the same, of a crowd such as an agent's")
    return [
        _level(f"list_has_any({c}_{name}_l, {c}_{name}_r)", text, m)
        for name, text, m in zip(("rare", "common", "crowded"), words, shares, strict=True)
    ]


def _address(c: str) -> list[Any]:
    street = f"likeness({c}_street_l, {c}_street_r)"
    return [
        *_shared_values(c, (0.5, 0.1, 0.05)),
        _level(f"list_has_any({c}_places_l, {c}_places_r)", "the same number and street", 0.1),
        _level(f"{c}_number_l = {c}_number_r AND {street} >= 0.88", "the same number, the street alike", 0.05),
        _level(f"{street} >= 0.92", "another number in a like street", 0.05),
        _unlike(0.15),
    ]


def _exact(c: str) -> list[Any]:
    return [*_shared_values(c, (0.7, 0.08, 0.02)), _unlike(0.2)]


def _zip(c: str) -> list[Any]:
    near = f"left({c}_value_l, 3) = left({c}_value_r, 3)"
    return [_level(f"{c}_value_l = {c}_value_r", "the same", 0.85), _level(near, "the same region", 0.1), _unlike(0.05)]


def _text(c: str) -> list[Any]:
    like = f"likeness({c}_value_l, {c}_value_r) >= 0.9"
    return [_level(f"{c}_value_l = {c}_value_r", "the same", 0.85), _level(like, "alike", 0.1), _unlike(0.05)]


LEVELS: dict[str, Callable[[str], list[Any]]] = {
    "name": _name,
    "address": _address,
    "phone": _exact,
    "id": _exact,
    "zip": _zip,
    "city": _text,
    "text": _text,
}
_SHARED_KNOWN = "NOT ({c}_known_l AND {c}_known_r)"
_VALUE_KNOWN = "{c}_value_l IS NULL OR {c}_value_r IS NULL"
NULLS = {
    "name": "{c}_key_l IS NULL OR {c}_key_r IS NULL",
    **dict.fromkeys(("address", "phone", "id"), _SHARED_KNOWN),
    **dict.fromkeys(("zip", "city", "text"), _VALUE_KNOWN),
}
