"""What has the shape of a secret or of personal data is masked, and what only looks like it is left."""

import logging
from typing import Any

import pytest
import redis

from concord import logs
from tests.logs import plain
from workers.masking import masked, said, told, traced


@pytest.mark.parametrize(
    "text",
    [
        plain.EMAIL,
        plain.PHONE,
        plain.PLAIN_PHONE,
        "904-555-0187",
        "+1 904 555 0187",
        "904.555.0187",
        plain.SSN,
        plain.FEI,
        "593847261",
        plain.KEY,
        plain.MODEL_KEY,
        plain.URL,
        f"redis://:{plain.PASSWORD}@cache:6379/0",
        f"Authorization: Bearer {plain.BEARER}",
        f"Bearer {plain.MODEL_KEY}",
        f"X-API-Key: {plain.KEY}",
        f"/console/data?q={plain.NAME.replace(' ', '+')}",
        f"https://host/a?key={plain.PASSWORD}&b=1",
        f"password={plain.PASSWORD}",
        f'"secret": "{plain.PASSWORD}"',
        plain.STREET,
        "12 Main St",
        "P.O. BOX 5512",
    ],
)
@pytest.mark.parametrize("around", ["{}", "It said: {}.", "({})", '"{}"', "a {} and more"])
def test_what_has_a_shape_is_masked(text: str, around: str) -> None:
    done = masked(around.format(text))
    assert not plain.found_in(done)
    assert "***" in done
    assert text not in done


@pytest.mark.parametrize(
    "text",
    [
        "op-20251021-023456-a1b2c3d4",
        "esc-20251021-023456-a1b2c3d4 was decided",
        "The operation is executing",
        "0af7651916cd43dd8448eb211c80319c",
        "2b1e6ca0-6a0c-4c8b-b6a3-2b6a3f9a0001",
        "7:" + "0123456789abcdef" * 4,
        "florida_data.download is completed",
        "1763424000 seconds since 1970",
        "1,234,567,890 bytes",
        "3 steps in 2.5 s, 17 of 201",
        "SQLSTATE 23505, constraint_name one_key",
        "http://127.0.0.1:8001/health answered 503",
        "2026-12-01T00:06:54.302955Z",
    ],
)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert masked(text) == text


FIELDS = """parameters arguments result evidence prompt rows value OWN_NAME own_addr1 owner_names PHY_ADDR1 phone
    email address messages body query username password grantor S_LEGAL FIDU_NAME princ_name"""


@pytest.mark.parametrize("field", FIELDS.split())
def test_a_field_that_may_hold_names_is_never_written_by_value(field: str) -> None:
    for value in (plain.NAME, plain.ROW, [plain.NAME], (plain.OWNER,)):
        assert not plain.found_in(str(told(field, value)))


@pytest.mark.parametrize("field", ["request_id", "operation_id", "step_id", "status", "ms", "actor", "logger", "event"])
def test_the_names_of_our_own_fields_are_written_by_value(field: str) -> None:
    assert told(field, "E1") == "E1"


def test_a_nested_value_is_masked_by_its_own_field() -> None:
    assert not plain.found_in(str(told("extra", {"a": [{"OWN_NAME": plain.NAME, "n": 3}]})))


def test_an_object_of_an_unknown_kind_is_only_named() -> None:
    class Parcel:
        def __repr__(self) -> str:
            return plain.NAME

    assert told("thing", Parcel()) == "<Parcel>"


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"could not convert string to float: '{plain.NAME}'"),
        KeyError(plain.NAME),
        RuntimeError(plain.SENTENCE),
        UnicodeEncodeError("ascii", plain.NAME, 0, 1, "no"),
    ],
)
def test_of_an_exception_only_its_class_is_written(error: Exception) -> None:
    assert said(error) == type(error).__name__


def test_a_traceback_has_the_frames_of_the_whole_chain_and_no_words() -> None:
    def inner() -> None:
        raise KeyError(plain.NAME)

    try:
        try:
            inner()
        except KeyError as error:
            raise ValueError(plain.SENTENCE) from error
    except ValueError as error:
        text = traced(error)
    assert "ValueError" in text
    assert "KeyError" in text
    assert "in inner" in text
    assert not plain.found_in(text)


def test_words_that_quote_nothing_are_kept() -> None:
    assert said(redis.ConnectionError("Connection refused")) == "ConnectionError: Connection refused"
    assert said(FileNotFoundError(2, "No such file", plain.NAME)) == "FileNotFoundError: No such file"


def formatted(record: logging.LogRecord) -> str:
    formatter = logs.configuration.__globals__["_formatter"](logs.configuration.__globals__["_json"]())
    factory = formatter.pop("()")
    return factory(**formatter).format(record)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("It failed: %s", (ValueError(plain.SENTENCE),)),
        ("Rows: %s", (plain.ROW,)),
        ("Row %(OWN_NAME)s", (dict(plain.ROW),)),
        ("%s", (plain.URL,)),
        ("%r", (KeyError(plain.NAME),)),
    ],
)
def test_what_stands_in_a_message_s_places_is_masked(message: str, arguments: Any) -> None:
    given = arguments[0] if isinstance(arguments[0], dict) and "%(" in message else arguments
    record = logging.LogRecord("any", logging.ERROR, __file__, 1, message, given, None)
    assert not plain.found_in(formatted(record))
    assert record.getMessage()  # the record itself is left as it was, for others
