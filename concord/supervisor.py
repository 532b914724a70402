"""Keep the processes of a local run alive: start them, start again what died, stop all in order.

It has no thread of its own. Whoever waits for something waits through `Supervisor.watch`, which looks after the
children meanwhile. Their output goes to a file each.
"""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from concord.tether import tethered

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# Who lives longer than this was well; its next death starts from the shortest pause again.
STEADY_SECONDS = 60.0
DEATHS_BEFORE_SHOWING_THE_LOG = 3
LARGEST_LOG = 20_000_000
LINES_SHOWN = 10


@dataclass
class Child:
    """A process to keep running. Children that share a `rank` are stopped together, lower ranks first."""

    name: str
    command: list[str]
    rank: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started_at: float = field(default=0.0, init=False)
    start_at: float = field(default=0.0, init=False)
    deaths: int = field(default=0, init=False)  # in a row

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def keeps_stopping(self) -> bool:
        return self.deaths >= DEATHS_BEFORE_SHOWING_THE_LOG

    def pause(self) -> float:
        """The seconds to wait before it starts again."""
        return min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)


class Supervisor:
    """The children of a local run. ``say`` gets one line for each thing that happens to them."""

    def __init__(self, log_dir: Path, say: Callable[[str], None], *, cwd: Path | None = None, stop_seconds: float = 15):
        self.children: list[Child] = []
        self.log_dir = log_dir
        self.say = say
        self.cwd = cwd
        self.stop_seconds = stop_seconds
        log_dir.mkdir(parents=True, exist_ok=True)

    def start(self, children: Iterable[Child]) -> None:
        """Start ``children`` and keep them running from now on."""
        for child in children:
            self.children.append(child)
            self._launch(child)

    def watch(self, until: Callable[[], bool] = lambda: False, seconds: float | None = None) -> bool:
        """Look after the children until ``until()`` holds, or for ``seconds``. Returns whether it came to hold."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            self.tend()
            if until():
                return True
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(0.2)

    def tend(self) -> None:
        """Notice who died, and start those whose pause is over."""
        for child in self.children:
            if child.process is not None and not child.runs:
                self._bury(child)
            elif child.process is None and time.monotonic() >= child.start_at:
                process = self._launch(child)
                self.say(f"{child.name} runs again (process {process.pid})")

    def stop(self) -> None:
        """Stop all, rank by rank; who does not go within ``stop_seconds`` is killed. A second call kills at once."""
        seconds, self.stop_seconds = self.stop_seconds, 0.0
        by_rank = sorted(self.children, key=lambda child: child.rank)
        for _, together in groupby(by_rank, key=lambda child: child.rank):
            self._stop_together([child for child in together if child.runs], seconds)

    def log_of(self, child: Child) -> Path:
        return self.log_dir / f"{child.name}.log"

    def _launch(self, child: Child) -> subprocess.Popen[bytes]:
        log = self.log_of(child)
        if log.exists() and log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child.process = process = subprocess.Popen(  # noqa: S603 the commands are ours
                tethered(child.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **child.environment},
                process_group=0,  # a Ctrl-C at the terminal is for the supervisor, which stops them in order
            )
        child.started_at = time.monotonic()
        return process

    def _bury(self, child: Child) -> None:
        lived = time.monotonic() - child.started_at
        child.deaths = 1 if lived > STEADY_SECONDS else child.deaths + 1
        child.start_at = time.monotonic() + child.pause()
        self.say(f"{child.name} {_ending(child.process)}; it starts again in {child.pause():.0f} s")
        child.process = None
        if child.deaths == DEATHS_BEFORE_SHOWING_THE_LOG:
            self._show_log(child)

    def _show_log(self, child: Child) -> None:
        log = self.log_of(child)
        self.say(f"{child.name} keeps stopping. The end of {log}:")
        with log.open(errors="replace") as lines:
            for line in deque(lines, maxlen=LINES_SHOWN):
                self.say(f"    {line.rstrip()}")

    def _stop_together(self, children: list[Child], seconds: float) -> None:
        for child in children:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while any(child.runs for child in children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in children:
            if child.runs:
                _signal(child, signal.SIGKILL)
                self.say(f"{child.name} had {seconds:.0f} s to stop and was killed")
            if child.process:
                child.process.wait()


def python(*arguments: str) -> list[str]:
    """The command line of this Python with ``arguments``."""
    return [sys.executable, *arguments]


def _signal(child: Child, number: signal.Signals) -> None:
    """Send the signal to the child and what it started itself."""
    if child.process:
        with suppress(ProcessLookupError):  # it may just have ended by itself
            os.killpg(child.process.pid, number)


def _ending(process: subprocess.Popen[bytes] | None) -> str:
    code = process.returncode if process else None
    if code is not None and code < 0:
        return f"was killed ({signal.Signals(-code).name})"
    return f"stopped with code {code}"
