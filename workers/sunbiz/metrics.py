"""generate_dashboard_metrics: the figures of the loaded entities, for a dashboard."""

from datetime import date
from typing import Annotated, Any

from django.db import connections
from django.db.models import Max, Sum
from django.utils import timezone
from pydantic import Field

from workers.contract import Call, action
from workers.sunbiz.layouts import DATASETS
from workers.sunbiz.results import Metrics, Share, TypeShare
from workers.warehouse import ALIAS
from workers.warehouse.files import FeedFile, FileState
from workers.warehouse.reach import reachable

# What is worth filling in, and the words for it.
_WORTH = {
    "fei": "fei",
    "principal_address": "principal_address_1",
    "mail_address": "mail_address_1",
    "agent": "agent_name",
    "annual_report": "report_1_year",
}


@action(read_only=True, expected_seconds=30)
def generate_dashboard_metrics(
    call: Call,
    months: Annotated[int, Field(ge=1, le=120, description="How many months of new filings.")] = 12,
    top: Annotated[int, Field(ge=1, le=100, description="How many cities and agents.")] = 10,
) -> Metrics:
    """Count the loaded entities by status, type, month, city, agent and state; nothing loaded gives zeros."""
    with reachable():
        call.progress(0, 4, "counting entities")
        by_type = _by_filing_type()
        active, inactive = (sum(kind[status] for kind in by_type) for status in ("active", "inactive"))
        completeness = _completeness()
        call.progress(1, 4, "counting filings")
        files = FeedFile.objects.filter(dataset__in=DATASETS, state=FileState.LOADED)
        newest = files.aggregate(day=Max("as_of"), quarantined=Sum("rows_quarantined"))
        new_by_month = _new_by_month(months, newest["day"] or timezone.now().date())
        call.progress(2, 4, "counting cities and agents")
        cities, agents, formed = _top_cities(top), _top_agents(top), _formed_in(top)
        call.progress(3, 4, "counting events and names")
        return {
            "label": "dashboard",
            "as_of": newest["day"].isoformat() if newest["day"] else None,
            "empty": active + inactive == 0,
            "entities": active + inactive,
            "active": active,
            "inactive": inactive,
            "active_share": round(active / (active + inactive), 4) if active + inactive else None,
            "officers": _count("sunbiz_officer"),
            "events": _count("sunbiz_event"),
            "fictitious_names": _count("sunbiz_fictitious_name"),
            "by_filing_type": by_type,
            "new_by_month": new_by_month,
            "top_cities": cities,
            "top_agents": agents,
            "formed_in": formed,
            "completeness": completeness,
            "fictitious_by_status": _shares("status", "sunbiz_fictitious_name", "", top),
            "files_loaded": files.count(),
            "rows_quarantined": newest["quarantined"] or 0,
        }


def _by_filing_type() -> list[TypeShare]:
    rows = _rows(
        "SELECT coalesce(filing_type, ''), sum(CASE WHEN status = 'A' THEN 1 ELSE 0 END),"
        " sum(CASE WHEN status = 'I' THEN 1 ELSE 0 END) FROM sunbiz_entity GROUP BY 1 ORDER BY count(*) DESC, 1"
    )
    return [{"filing_type": kind, "active": int(active), "inactive": int(inactive)} for kind, active, inactive in rows]


def _completeness() -> dict[str, float]:
    """The share of entities that have each of what is worth filling in."""
    counts = ", ".join(f"count({column})" for column in _WORTH.values())
    [[total, *filled]] = _rows(f"SELECT count(*), {counts} FROM sunbiz_entity")  # noqa: S608
    return {name: round(count / total, 4) for name, count in zip(_WORTH, filled, strict=True)} if total else {}


def _new_by_month(months: int, until: date) -> list[Share]:
    """Entities by the month of their filing, the last ``months`` of them up to that day, months without any too."""
    last = until.year * 12 + until.month - 1
    first = date((last - months + 1) // 12, (last - months + 1) % 12 + 1, 1)
    month = "to_char(file_date, 'YYYY-MM')" if _is_postgresql() else "strftime('%%Y-%%m', file_date)"
    rows = _rows(
        f"SELECT {month}, count(*) FROM sunbiz_entity WHERE file_date >= %s AND file_date <= %s GROUP BY 1",  # noqa: S608
        [first, until],
    )
    counts = dict(rows)
    names = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(last - months + 1, last + 1)]
    return [{"value": name, "count": counts.get(name, 0)} for name in names]


def _top_cities(top: int) -> list[Share]:
    return _shares("upper(principal_city)", "sunbiz_entity", "principal_city IS NOT NULL AND status = 'A'", top)


def _top_agents(top: int) -> list[Share]:
    """Companies that are the agents of most entities. People are not ranked."""
    return _shares("agent_name", "sunbiz_entity", "agent_type = 'C' AND agent_name IS NOT NULL AND status = 'A'", top)


def _formed_in(top: int) -> list[Share]:
    return _shares("formed_in", "sunbiz_entity", "formed_in IS NOT NULL", top)


def _shares(value: str, table: str, condition: str, top: int) -> list[Share]:
    """The most frequent values; the texts are this module's own."""
    where = f"WHERE {condition}" if condition else ""
    rows = _rows(f"SELECT {value}, count(*) FROM {table} {where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %s", [top])  # noqa: S608
    return [{"value": value or "", "count": count} for value, count in rows]


def _count(table: str) -> int:
    return int(_rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


def _rows(query: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _is_postgresql() -> bool:
    return connections[ALIAS].vendor == "postgresql"
