"""What steps bring and what an operation lived through, made up in the shapes that they really have."""

import hashlib
from typing import Any

Json = dict[str, Any]

NAMES = "Alachua Baker Bay Bradford Brevard Broward Calhoun Charlotte Citrus Clay Collier Columbia Dade DeSoto"
COUNTIES = [f"{name} {ward}".removesuffix(" 0") for ward in range(4) for name in NAMES.split()]


def processed(number: int) -> Json:
    """What `florida_data.process` answers for one roll."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    rows = 9_000 + int(digest[:5], 16) % 900_000
    return {
        "label": f"{COUNTIES[number]} NAL 2025P",
        "county_no": number + 11,
        "county": COUNTIES[number],
        "file_type": "NAL",
        "release": {"year": 2025, "stage": "P", "submission": 1, "member": f"NAL{number + 11}P202501.csv"},
        "dataset": {
            "$dataset": f"s3://concord-data/florida/2025P/NAL/{number + 11}/{digest[:16]}.parquet",
            "rows": rows,
            "bytes": rows * 431 + int(digest[5:8], 16),
            "sha256": digest,
        },
        "rows_read": rows + number % 7,
        "rows_processed": rows,
        "rows_quarantined": number % 7,
        "quarantine_reasons": {"parcel id is missing": number % 7} if number % 7 else {},
    }


def step_result(count: int = 50) -> Json:
    """The results of all the branches of a load."""
    files = [processed(number) for number in range(count)]
    return {
        "counties": count,
        "rows_processed": sum(file["rows_processed"] for file in files),
        "threshold": 0.7,
        "files": files,
        "missing": [{"county": "Monroe", "file_type": "NAP", "reason": "not published yet"}],
    }


def history(count: int = 120) -> list[Json]:
    """The events of an operation: mostly routine, one failure, one escalation, one decision."""
    events = [
        {
            "id": 9000 + number,
            "kind": "step_retry" if number % 40 == 5 else "progress",
            "message": f"E{number % 8 + 1} florida_data.download ({COUNTIES[number % 40]}), {number * 800} rows so far",
            "actor": None,
            "data": {"step": f"E{number % 8 + 1}[{number}]", "done": number * 800, "total": 96_000},
            "created_at": f"2026-11-23T22:{number // 60:02d}:{number % 60:02d}.120000Z",
        }
        for number in range(count)
    ]
    events[57] |= {
        "kind": "step_failed",
        "message": "E4[57] data_quality.validate: rule sale_price_positive broken by 1,318 rows of 95,332",
        "data": {"step": "E4[57]", "rule": "sale_price_positive", "rows": 1318},
    }
    events[58] |= {
        "kind": "escalating",
        "message": "confidence 0.41, 0.70 is needed",
        "data": {"escalation_id": 77, "threshold": 0.7, "confidence_score": 0.41},
    }
    events[91] |= {
        "kind": "decision",
        "message": "approve: quarantine the 1,318 rows and load the rest",
        "actor": "rita",
        "data": {
            "decision": "approve",
            "escalation_id": 77,
            "revision": 3,
            "reason": "known vendor error, ticket 4711",
        },
    }
    return events
