"""What must not be in any log, made up to look like the real thing, and how it is looked for."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

NAME = "QUACKENBUSH THADDEUS P"
OWNER = "Wilhelmina Featherstonehaugh"
STREET = "4711 SW BOUGAINVILLEA TER"
EMAIL = "thaddeus.quackenbush@example-mail.com"
PHONE = "(904) 555-0187"
PLAIN_PHONE = "9045550187"
SSN = "078-05-1120"
FEI = "59-3847261"
KEY = "ck_Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0Z2FycGx5"
MODEL_KEY = "sk-proj-4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
BEARER = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJxdWFja2VuYnVzaCJ9.c2lnbmF0dXJl"
PASSWORD = "hunter2-Correct-Horse"
URL = f"postgresql://concord:{PASSWORD}@db.internal:5432/concord"

ALL = (NAME, OWNER, STREET, EMAIL, PHONE, PLAIN_PHONE, SSN, FEI, KEY, MODEL_KEY, BEARER, PASSWORD)
# Also what is left of them where a path, a query or JSON spells them otherwise.
PIECES: tuple[str, ...] = ("QUACKENBUSH", "Quackenbush", "quackenbush", "Featherstonehaugh", "BOUGAINVILLEA")
PIECES += (
    "4711 SW",
    "555-0187",
    "9045550187",
    "078-05-1120",
    "59-3847261",
    "Zm9vYmFy",
    "4f9a8b7c6d5e",
    "eyJzdWIi",
    "hunter2",
)
# A record as rolls and filings have it.
ROW = {"OWN_NAME": NAME, "OWN_ADDR1": STREET, "PHONE": PHONE, "FEI": FEI, "EMAIL": EMAIL, "note": f"{OWNER}, {SSN}"}
SENTENCE = ", ".join(ALL)


def found_in(text: str) -> list[str]:
    """Which of them are in ``text``."""
    return [piece for piece in PIECES if piece in text]


def lines_of(folder: Path) -> list[dict[str, Any]]:
    """The lines of the log below ``folder``."""
    file = folder / "logs" / "master_orchestrator.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def with_event(lines: Iterable[dict[str, Any]], words: str) -> list[dict[str, Any]]:
    return [line for line in lines if words in str(line["event"])]
