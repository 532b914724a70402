"""One step of the benchmark `sync_sunbiz` in a process of its own, for its time and peak memory.

python -m benchmarks.sunbiz_steps make ENTITIES | read | parse | sync
"""

import json
import sys
import time
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402

from benchmarks.roll_steps import peak_mb  # noqa: E402
from workers.contract import Call  # noqa: E402
from workers.sunbiz import archives  # noqa: E402
from workers.sunbiz.sample.files import Sample  # noqa: E402
from workers.sunbiz.sync import sync_entities  # noqa: E402

BLOCK = 1 << 20


def make(folder: Path, entities: int) -> int:
    """Write a quarter; how many bytes its records have."""
    Sample(entities, days=0, deflate64=False).write(folder)
    return sum(member.bytes for member in archives.members(cordata(folder), "cordata.zip"))


def cordata(folder: Path) -> Path:
    return folder / "Quarterly" / "Cor" / "cordata.zip"


def read(folder: Path) -> int:
    """Read the bytes of all records and do nothing with them."""
    done = 0
    for member in archives.members(cordata(folder), "cordata.zip"):
        with archives.opened(cordata(folder), "cordata.zip", member.name) as stream:
            while block := stream.read(BLOCK):
                done += len(block)
    return done


def sync(*, dry_run: bool) -> int:
    synced = sync_entities.run(Call(), {"source": "inbox", "datasets": ["corporations"], "dry_run": dry_run})
    return synced["rows_read"] if dry_run else synced["rows_inserted"]


def main() -> None:
    folder = settings.VAR / "inbox"
    started = time.perf_counter()
    match sys.argv[1:]:
        case ["make", entities]:
            count = make(folder, int(entities))
        case ["read"]:
            count = read(folder)
        case ["parse"]:
            count = sync(dry_run=True)
        case ["sync"]:
            count = sync(dry_run=False)
        case other:
            sys.exit(f"{other}: not make, read, parse or sync")
    seconds = time.perf_counter() - started
    print(json.dumps({"count": count, "seconds": seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
