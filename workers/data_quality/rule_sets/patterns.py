"""Patterns that an analyst writes. Polars' engine reads a text once, whatever the pattern: it never backtracks."""

import polars as pl


def checked(pattern: str) -> str:
    """``pattern`` itself. Raises `ValueError` if the engine does not know it, or it would grow too large."""
    for form in (pattern, whole(pattern)):
        try:
            pl.Series([""]).str.contains(form)
        except pl.exceptions.ComputeError as error:
            said = str(error).strip().splitlines()[-1].removeprefix("error: ")
            raise ValueError(f"pattern: it cannot be used: {said}") from error
    return pattern


def whole(pattern: str) -> str:
    """The pattern of a text that is of ``pattern`` from its first character to its last."""
    return rf"\A(?:{pattern})\z"
