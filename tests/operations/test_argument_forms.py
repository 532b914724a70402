"""The form of an action's arguments: what it shows reads back as it was, for every action of the six workers."""

from itertools import product
from typing import Any

import pytest
from django.http import QueryDict

from operations.argument_forms import step_fields
from operations.argument_forms.fields import together
from workers import catalogue

ACTIONS = {
    f"{worker}.{name}": action.manifest()["parameters"]
    for worker in catalogue.PATHS
    for name, action in catalogue.load(worker).actions.items()
}
# Values of all kinds, whether or not they fit: a step may have failed because they did not.
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    5,
    5.0,
    -0.5,
    1e-9,
    10**30,
    "",
    "5",
    "05",
    "null",
    "#E1",
    "#E1.rows.0",
    "##E1",
    "of #E1.rows and more",
    " spaces ",
    "two\nlines",
    "\nfirst empty",
    "a\r\nb",
    "\u202egnirts\u200b",
    '<script>alert(1)</script>"',
    "ä" * 30_000,
    "2026-01-31",
    "2026-1-31",
    [],
    [""],
    ["Broward", 12, "12"],
    ["NAP", "NAL"],
    ["NAL", "NAL"],
    ["with\nline", " x "],
    [None, True, 5.0],
    ["#E1.rows", 3],
    [{"key": "a", "value": "b"}],
    {},
    {"a": None, "b": {"c": [1]}},
    {"$dataset": "file:///x", "rows": 5, "bytes": 1, "sha256": "", "schema": {"a": "int"}},
    {"a/b %": 1, "odd name": 2, "\u202e": 3},
]


def sent(fields: list[Any]) -> QueryDict:
    """What a browser would send of ``fields``, with line ends as browsers make them."""
    data = QueryDict(mutable=True)
    for each in [part for field in fields for part in field.all()]:
        data[f"{each.name} as"] = each.mode
        data[f"{each.name} json"] = crlf(each.json)
        data[f"{each.name} reference"] = each.reference
        if each.kind.name == "ticks":
            data[f"{each.name} shown"] = "on"
            data.setlist(f"{each.name} ticks", [value for value, _, chosen in each.options if chosen])
        elif not each.parts:
            data[f"{each.name} {each.kind.name}"] = crlf(each.texts[0])
    return data


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def back(schema: Any, arguments: Any) -> Any:
    """The arguments, through the form and the browser."""
    typed = sent(step_fields("E2", schema, arguments))
    fields = step_fields("E2", schema, arguments)
    for each in fields:
        each.take(typed)
    values = together(fields) if not fields or fields[0].path else fields[0].value()
    assert not [each.problems for field in fields for each in field.all() if each.problems]
    return values


def spelled(value: Any) -> str:
    """Tells 5 from 5.0 and true from 1."""
    return repr(value) if not isinstance(value, dict) else repr(sorted((k, spelled(v)) for k, v in value.items()))


@pytest.mark.parametrize("action", ACTIONS)
def test_any_value_of_any_argument_of_every_action_comes_back_as_it_was(action):
    schema = ACTIONS[action]

    for name, value in product(schema["properties"], ODD):
        arguments = {name: value, "unknown": value}
        assert spelled(back(schema, arguments)) == spelled(arguments), (name, value)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_defaults_of_every_action_come_back_whether_given_or_left_out(action):
    schema = ACTIONS[action]
    defaults = {name: node["default"] for name, node in schema["properties"].items() if "default" in node}

    assert spelled(back(schema, defaults)) == spelled(defaults)
    assert back(schema, {}) == {}


@pytest.mark.parametrize("value", [*ODD, {"a": "#E1"}])
def test_without_a_schema_all_arguments_are_one_text_of_json(value):
    [field] = step_fields("E2", None, value)

    assert field.kind.name == "json"
    assert spelled(back(None, value)) == spelled(value)


@pytest.mark.parametrize(
    ("argument", "value", "kind"),
    [
        ("file_types", ["NAL"], "ticks"),
        ("counties", ["Broward", 12], "lines"),
        ("year", 2026, "integer"),
        ("year", "2026", "json"),
        ("stage", "F", "option"),
        ("stage", "X", "json"),
        ("source", "inbox", "text"),
        ("source", "x" * 300, "long"),
    ],
)
def test_a_field_looks_as_its_schema_and_its_value_ask(argument, value, kind):
    fields = {field.label: field for field in step_fields("E1", ACTIONS["florida_data.discover"], {argument: value})}

    assert fields[argument].kind.name == kind


def test_false_is_something_else_than_left_out():
    schema = ACTIONS["sunbiz.sync_entities"]
    fields = {field.label: field for field in step_fields("E1", schema, {"dry_run": False})}

    assert (fields["dry_run"].mode, fields["dry_run"].texts) == ("value", ["false"])
    assert fields["level"].mode == "out"
    assert fields["level"].modes["out"] == 'left out (then "standard")'


def test_an_object_has_a_field_for_each_of_its_parts():
    schema = ACTIONS["florida_data.download"]
    value = dict.fromkeys(schema["$defs"]["SourceFile"]["required"], "x") | {"year": None, "county_no": 16}
    [field] = step_fields("E2", schema, {"file": value})

    parts = {part.label: part for part in field.parts}
    assert parts["county_no"].kind.name == "integer"
    assert parts["year"].mode == "null"
    assert parts["file_type"].kind.name == "json", "x is none of the words, and is shown as it is"
    assert list(field.modes) == ["value", "json", "reference"]


def test_a_huge_value_can_be_kept_without_being_sent():
    fields = step_fields("E2", ACTIONS["ai_ml.handle_chat_query"], {"question": "x" * 1_000_000})

    assert fields[0].mode == "kept"
    assert sum(len(value) for value in sent(fields).values()) < 1000
    assert next(iter(fields[0].modes.values())) == "as it is (1,000,002 characters)"


def test_of_very_many_arguments_there_is_one_field():
    schema = {"properties": {f"a{n}": {"type": "string"} for n in range(500)}}

    [field] = step_fields("E2", schema, {"a1": "x"})

    assert field.path == ()


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$ref": "#/$defs/Gone"}}},
        {"properties": {"a": {"$ref": "#/$defs/Round"}}, "$defs": {"Round": {"$ref": "#/$defs/Round"}}},
        {"properties": {"a": {"$ref": "#/$defs/T"}}, "$defs": {"T": {"anyOf": [{"$ref": "#/$defs/T"}]}}},
        {"properties": {"a": {"type": ["string", "null"], "items": 5, "enum": "x"}}},
        {"properties": {"a": True}},
    ],
)
def test_an_odd_schema_breaks_nothing(schema):
    for value in ODD:
        assert spelled(back(schema, {"a": value})) == spelled({"a": value})


@pytest.mark.parametrize(
    ("name", "argument", "typed", "problem"),
    [
        ("florida_data.discover", "year", {"as": "value", "integer": "next"}, "Write a whole number, such as 5."),
        ("sunbiz.sync_entities", "since", {"as": "value", "date": "31.1.2026"}, "Write a date as year, month and day"),
        ("florida_data.discover", "source", {"as": "reference", "reference": "E1"}, "Write a reference"),
        ("florida_data.process", "mapping", {"as": "value", "json": '{"a": "b",\n "c" "d"}'}, "Line 2, column 6:"),
        ("florida_data.process", "mapping", {"as": "value", "json": '{"a": "", "a": ""}'}, "'a' comes twice"),
        ("florida_data.process", "mapping", {"as": "value", "json": '{"a": NaN}'}, "NaN is not a JSON number"),
        ("florida_data.process", "mapping", {"as": "value", "json": "[" * 100_000}, "nested too deeply"),
        ("florida_data.process", "mapping", {"as": "value", "json": " "}, "Write a JSON value"),
        (
            "performance.analyze_performance",
            "hours",
            {"as": "value", "number": "a day"},
            "Write a number, such as 0.5.",
        ),
        ("ai_ml.assign_use_codes", "roll", {"as": "value", "option": "NAP"}, "Choose one of those that are listed."),
        ("florida_data.discover", "source", {"as": "value", "text": "a\0b"}, "must not contain NUL"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_kept(name, argument, typed, problem):
    fields = {field.label: field for field in step_fields("E2", ACTIONS[name], {})}
    field = fields[argument]
    data = QueryDict(mutable=True)
    data.update({f"E2/{argument} {what}": text for what, text in typed.items()})

    field.take(data)
    field.value()

    assert problem in field.problems[0]
    kept = field.reference or (field.texts and field.texts[0]) or field.json
    assert kept in typed.values()
