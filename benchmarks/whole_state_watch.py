"""Posts one operation and looks on until it ends: how far it says that it is, and what its processes need."""

import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg

MOVING = {"planning", "executing", "validating"}
SAMPLE_SECONDS = 0.5
# The whole operation with its thousand steps is large: looking at it takes at most this share of the time.
LOOKING_SHARE = 0.05
NAMES = ("florida_data", "data_quality", "queue_worker", "concord.web", "sweeper", "redis-server", "postgres")


class Watch:
    """One operation on the installation at ``url``, whose processes are children of this one."""

    def __init__(self, url: str, key: str, warehouse: psycopg.Connection):
        headers = {"Authorization": f"Bearer {key}", "Prefer": "respond-async"}
        self.http = httpx2.Client(base_url=url, headers=headers, timeout=120, trust_env=False)
        self.warehouse = warehouse
        self.operation: dict[str, Any] = {}
        self.seconds = 0.0
        self.peak: Counter[str] = Counter()
        self.cpu: dict[int, tuple[str, float]] = {}
        self.together = 0
        self.looks: list[dict[str, Any]] = []
        self.with_rows: set[str] = set()

    def run(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Post a data_pipeline and wait for its end; the operation as it ended."""
        body = {"operation_type": "data_pipeline", "parameters": parameters, "timeout_seconds": 86_400}
        self.sample()
        before = dict(self.cpu)
        begun = time.perf_counter()
        answer = self.http.post("/operations", json=body)
        answer.raise_for_status()
        look_at = begun
        while not self.operation or self.operation["status"] in MOVING:
            time.sleep(SAMPLE_SECONDS)
            self.sample()
            if (now := time.perf_counter()) >= look_at:
                self.look(answer.headers["Location"], now - begun)
                look_at = now + max(1.0, (time.perf_counter() - now) / LOOKING_SHARE)
        self.seconds = _between(
            self.operation["created_at"], self.operation["ended_at"] or self.operation["updated_at"]
        )
        self.cpu = {pid: (name, used - before.get(pid, (name, 0.0))[1]) for pid, (name, used) in self.cpu.items()}
        return self.operation

    def look(self, location: str, seconds: float) -> None:
        """Ask the API how far the operation is."""
        self.operation = self.http.get(location).json()
        steps = self.operation["steps"]
        shown = [step for step in steps if step["status"] == "running" and (step["progress"] or {}).get("total")]
        self.with_rows |= {step["id"] for step in shown}
        done = sum(step["status"] == "completed" for step in steps)
        self.looks.append({"second": round(seconds, 1), "steps_done": done, "steps": len(steps)})

    def sample(self) -> None:
        """Note the memory and the time that each process has used at most."""
        together = 0
        for process in [*psutil.Process().children(recursive=True), *self._servers()]:
            with suppress(psutil.Error, OSError, KeyError):  # it is ending: its memory is no longer told
                name = next((name for name in NAMES if name in " ".join(process.cmdline())), "other")
                memory = _memory(process.pid)
                self.peak[name] = max(self.peak[name], memory["VmHWM"])
                self.cpu[process.pid] = name, sum(process.cpu_times()[:2])
                together += memory["RssAnon"]
        self.together = max(self.together, together)

    def figures(self) -> dict[str, Any]:
        cpu: Counter[str] = Counter()
        for name, used in self.cpu.values():
            cpu[name] += used  # type: ignore[assignment]
        return {
            "seconds": self.seconds,
            "peak_mb": {name: kilobytes // 1024 for name, kilobytes in self.peak.most_common()},
            "peak_mb_of_all_together": self.together // 1024,
            "cpu_seconds": {name: round(used, 1) for name, used in cpu.most_common()},
            "seconds_by_action": self._by_action(),
            "progress": {
                "looks": len(self.looks),
                "steps_with_rows": len(self.with_rows),
                "quarters": [self.looks[len(self.looks) * part // 4] for part in range(4)],
            },
        }

    def _by_action(self) -> dict[str, float]:
        """Seconds from the beginning of a step to its end, summed over the files."""
        spent: Counter[str] = Counter()
        for step in self.operation["steps"]:
            if step["started_at"] and step["finished_at"] and ("[" in step["id"] or step["action"] == "discover"):
                spent[step["action"]] += _between(step["started_at"], step["finished_at"])  # type: ignore[assignment]
        return {action: round(seconds, 1) for action, seconds in spent.items()}

    def _servers(self) -> list[psutil.Process]:
        """The database's processes that serve somebody: no children of this one."""
        rows = self.warehouse.execute("SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL").fetchall()
        found = []
        for (pid,) in rows:
            with suppress(psutil.Error):
                found.append(psutil.Process(pid))
        return found


def _memory(pid: int) -> dict[str, int]:
    """Kilobytes by the names of Linux; VmHWM is the most that the process ever had."""
    lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[0] in ("VmHWM:", "RssAnon:")}


def _between(begin: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
