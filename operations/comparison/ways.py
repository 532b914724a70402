"""The ways of planning that are compared: three that ask before every step, and Concord's."""

from dataclasses import dataclass

UNLIMITED = "0"


@dataclass(frozen=True)
class Way:
    """A way of planning: its name, what it is in words, and the settings of an installation that plans so."""

    name: str
    words: str
    settings: dict[str, str]


def _step_by_step(name: str, style: str, words: str) -> Way:
    settings = {
        "ENABLE_REWOO_PLANNING": "false",
        "ENABLE_CONTEXT_COMPRESSION": "false",
        "REACT_STYLE": style,
        # It would be stopped at Concord's budgets long before its end.
        **{f"TOKEN_BUDGET_{name}": UNLIMITED for name in ("STEPPING", "CONTEXT", "EXECUTION", "VALIDATION")},
    }
    return Way(name, words, settings)


CONCORD = "concord"
CLASSIC = "classic"
WAYS: dict[str, Way] = {
    CLASSIC: _step_by_step(CLASSIC, "classic", "asks before every step, with worked examples in the prompt"),
    "zero_shot": _step_by_step("zero_shot", "zero_shot", "the same without the examples"),
    "modern": _step_by_step("modern", "tools", "tool calls, several at once where they do not need each other"),
    CONCORD: Way(
        CONCORD,
        "plans once, compressed, plans kept for the next time",
        {"ENABLE_REWOO_PLANNING": "true", "ENABLE_CONTEXT_COMPRESSION": "true"},
    ),
}
BASELINES = tuple(name for name in WAYS if name != CONCORD)
