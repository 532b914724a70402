"""Reasons that are given often, ready to be chosen. What is typed is taken before what is chosen."""

from escalations.models import Escalation, Kind

REASONS: dict[str, list[str]] = {
    Kind.APPROVE: ["Looked at the rows: they are right.", "Known and harmless."],
    Kind.RETRY: ["The source was away and is back.", "The data were mended at the source."],
    Kind.REPLAN: ["Leave out what failed.", "Take one county at a time.", "Validate before anything is loaded."],
    Kind.REJECT: ["Asked for by mistake.", "Wrong at the source.", "Wrong county or year.", "Done already."],
}


def offered(escalation: Escalation) -> list[tuple[str, list[str]]]:
    """The reasons for each decision that is offered, under its name."""
    return [(kind.label, REASONS[kind]) for kind in escalation.offered if kind in REASONS]
