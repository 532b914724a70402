"""execute_self_healing: look for known kinds of trouble, and mend what was found and chosen."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Literal

from django.db import DatabaseError
from pydantic import Field
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.ai_ml.healing.catalogue import HARMLESS, REMEDIES
from workers.ai_ml.healing.remedy import Finding, Name, Over, Visit
from workers.contract import ActionError, Call, InvalidParameters, TryLater, action

MOST = 20  # findings of one remedy, and cases that one call mends


class Outcome(TypedDict):
    """What became of a finding: mended, nothing to do since it held no more, or failed; ``words`` say what was done."""

    remedy: Name
    target: str
    outcome: Literal["mended", "nothing_to_do", "failed"]
    words: str


class Healing(TypedDict):
    """The findings, also as those that are mended without destroying anything and the others; what was done."""

    dry_run: bool
    findings: list[Finding]
    harmless: list[Finding]
    destructive: list[Finding]
    done: list[Outcome]
    failed: list[str]
    truncated: bool
    summary: list[str]


@action(destructive=True, harmless=HARMLESS, expected_seconds=5)
def execute_self_healing(
    call: Call,
    remedies: Annotated[list[Name], Field(description="what to look for; empty: all")] = [],  # noqa: B006
    act_on: Annotated[
        list[Finding], Field(max_length=MOST, description="findings of a dry run, each to be mended")
    ] = [],  # noqa: B006
    dry_run: Annotated[bool, Field(description="only look and change nothing")] = True,
    stale_after_days: Annotated[int, Field(ge=1, le=3_660, description="when a loaded roll is asked for anew")] = 45,
) -> Healing:
    """Look for stuck operations, open circuits, orphaned staging and stale releases; or mend exactly those in act_on.

    Before it mends a finding it looks again, so that a repeated call changes nothing more. It needs CONCORD_API_KEY
    with the scopes read_all and mend.
    """
    chosen = list(dict.fromkeys(remedies or REMEDIES))
    _check(chosen, act_on, dry_run=dry_run)
    visit = Visit(call, stale_after_days)
    return _look(visit, chosen) if dry_run else _act(visit, act_on)


def _check(remedies: Sequence[Name], act_on: Sequence[Finding], *, dry_run: bool) -> None:
    if dry_run and act_on:
        raise InvalidParameters("act_on: a dry run acts on nothing; set dry_run to false", field="act_on")
    if not dry_run and not act_on:
        raise InvalidParameters("act_on: name the findings of a dry run that are to be mended", field="act_on")
    for index, finding in enumerate(act_on):
        if finding["remedy"] not in remedies:
            field = f"act_on.{index}.remedy"
            raise InvalidParameters(f"{field}: {finding['remedy']} is not one of the remedies", field=field)


def _look(visit: Visit, remedies: Sequence[Name]) -> Healing:
    found: list[Finding] = []
    cut: list[Name] = []
    for name in remedies:
        visit.call.check()
        findings = list(islice(REMEDIES[name].findings(visit), MOST + 1))
        found += findings[:MOST]
        cut += [name] if len(findings) > MOST else []
    summary = [_counted(name, found) for name in dict.fromkeys(finding["remedy"] for finding in found)]
    summary += [f"{name}: there are more than these {MOST}." for name in cut]
    return _healing(found, dry_run=True, cut=cut, summary=summary or ["Nothing was found that is to be mended."])


def _counted(name: Name, found: Sequence[Finding]) -> str:
    return f"{sum(finding['remedy'] == name for finding in found)} found for {name}: it {REMEDIES[name].words}."


def _act(visit: Visit, act_on: list[Finding]) -> Healing:
    """Mend each by itself. Where not one could be, raise what went wrong: best what may go right the next time."""
    done: list[Outcome] = []
    problems: list[Exception] = []
    for finding in act_on:
        visit.call.progress(len(done), len(act_on), f"{finding['remedy']}: {finding['target']}")
        try:
            done.append(_mended(visit, finding))
        except (ActionError, DatabaseError) as error:
            problems.append(error)
            done.append(_outcome(finding, "failed", f"{finding['target']}: {error}"))
    if len(problems) == len(act_on):
        raise next((error for error in problems if isinstance(error, TryLater)), problems[0])
    return _healing(act_on, dry_run=False, done=done, summary=list(_told(done)))


def _mended(visit: Visit, finding: Finding) -> Outcome:
    try:
        return _outcome(finding, "mended", REMEDIES[finding["remedy"]].mend(visit, finding["target"]))
    except Over as over:
        return _outcome(finding, "nothing_to_do", str(over))


def _outcome(finding: Finding, outcome: Literal["mended", "nothing_to_do", "failed"], words: str) -> Outcome:
    return {"remedy": finding["remedy"], "target": finding["target"], "outcome": outcome, "words": words}


def _told(done: Sequence[Outcome]) -> Iterator[str]:
    counts = {kind: sum(one["outcome"] == kind for one in done) for kind in ("mended", "nothing_to_do", "failed")}
    yield f"{counts['mended']} mended, {counts['nothing_to_do']} needed it no more, {counts['failed']} failed."
    yield from (one["words"] for one in done)


def _healing(
    found: list[Finding], *, dry_run: bool, summary: list[str], cut: Sequence[Name] = (), done: Sequence[Outcome] = ()
) -> Healing:
    return {
        "dry_run": dry_run,
        "findings": found,
        "harmless": [finding for finding in found if not REMEDIES[finding["remedy"]].destructive],
        "destructive": [finding for finding in found if REMEDIES[finding["remedy"]].destructive],
        "done": list(done),
        "failed": [one["words"] for one in done if one["outcome"] == "failed"],
        "truncated": bool(cut),
        "summary": summary,
    }
