"""The supervisor, on small children of its own: none stays dead, none outlives it."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from concord import supervisor as supervisor_module
from concord.supervisor import Child, Supervisor, python

SLEEPER = "import time\nwhile True: time.sleep(60)"
STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n" + SLEEPER


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    supervisor = Supervisor(tmp_path, said.append)
    yield supervisor
    supervisor.stop()


def make_child(name: str = "child", script: str = SLEEPER, **fields) -> Child:
    return Child(name, python("-c", script), **fields)


def pid_of(child: Child) -> int:
    assert child.process
    return child.process.pid


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_killed_child_is_started_again_and_said_so(supervisor, said, monkeypatch):
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE", 0.1)
    child = make_child("florida_data")
    supervisor.start([child])
    first = pid_of(child)
    os.kill(first, signal.SIGKILL)
    assert supervisor.watch(lambda: child.runs and pid_of(child) != first, seconds=10)
    assert said == [
        "florida_data was killed (SIGKILL); it starts again in 0 s",
        f"florida_data runs again (process {pid_of(child)})",
    ]


def test_the_pauses_grow_to_half_a_minute_and_begin_anew_after_a_steady_life(supervisor, monkeypatch):
    monkeypatch.setattr(supervisor_module, "LONGEST_PAUSE", 30.0)
    child = make_child(script="raise SystemExit(3)")
    pauses = []
    for _ in range(7):
        supervisor._launch(child).wait()
        supervisor._bury(child)
        pauses.append(child.pause())
    assert pauses == [1, 2, 4, 8, 16, 30, 30]

    supervisor._launch(child).wait()
    child.started_at -= 61
    supervisor._bury(child)
    assert child.pause() == 1


def test_the_end_of_the_log_is_shown_of_a_child_that_keeps_stopping(supervisor, said, monkeypatch):
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE", 0.01)
    child = make_child(script="import sys; print('port taken'); sys.exit(3)")
    supervisor.start([child])
    assert supervisor.watch(lambda: "    port taken" in said, seconds=10)
    assert said.count("child stopped with code 3; it starts again in 0 s") == 3
    assert any("keeps stopping" in line and str(supervisor.log_of(child)) in line for line in said)


def test_children_stop_rank_by_rank(supervisor, tmp_path):
    ends = tmp_path / "ends"
    script = textwrap.dedent("""
        import signal, sys, time
        def end(*_):
            with open(sys.argv[1], "a") as file: file.write(sys.argv[2] + "\\n")
            sys.exit()
        signal.signal(signal.SIGTERM, end)
        print("ready", flush=True)
        while True: time.sleep(60)
    """)
    children = [
        Child(name, python("-c", script, str(ends), name), rank=rank)
        for name, rank in [("redis", 9), ("web", 0), ("queue", 1)]
    ]
    supervisor.start(children)
    ready = [supervisor.log_of(child) for child in children]
    assert supervisor.watch(lambda: all(log.read_text() for log in ready), seconds=10)
    supervisor.stop()
    assert ends.read_text().split() == ["web", "queue", "redis"]


def test_a_child_that_does_not_listen_is_killed_in_time(tmp_path, said):
    supervisor = Supervisor(tmp_path, said.append, stop_seconds=0.2)
    child = make_child("deaf", STUBBORN)
    supervisor.start([child])
    assert supervisor.watch(lambda: "deaf" in supervisor.log_of(child).read_text(), seconds=10)
    supervisor.stop()
    assert is_gone(pid_of(child))
    assert said == ["deaf had 0 s to stop and was killed"]


def test_children_die_with_a_supervisor_that_is_killed(tmp_path):
    script = """
import sys
from pathlib import Path
from concord.supervisor import Child, Supervisor, python
supervisor = Supervisor(Path(sys.argv[1]), print)
supervisor.start([Child(str(n), python("-c", "import time; time.sleep(60)")) for n in range(3)])
print(*(child.process.pid for child in supervisor.children), flush=True)
supervisor.watch()
"""
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        parent.kill()
    Supervisor(tmp_path, print).watch(lambda: all(is_gone(pid) for pid in pids), seconds=10)
    assert all(is_gone(pid) for pid in pids)


def test_a_child_gets_its_environment_and_leaves_its_output_in_its_own_file(supervisor):
    child = make_child(
        "speaker", "import os; print(os.environ['GREETING'])\n" + SLEEPER, environment={"GREETING": "hi"}
    )
    supervisor.start([child])
    assert supervisor.watch(lambda: supervisor.log_of(child).read_text() == "hi\n", seconds=10)


def test_a_log_that_grew_large_is_put_aside_at_the_next_start(supervisor, monkeypatch):
    monkeypatch.setattr(supervisor_module, "LARGEST_LOG", 10)
    child = make_child()
    log: Path = supervisor.log_of(child)
    log.write_text("x" * 11)
    supervisor.start([child])
    assert log.with_suffix(".log.1").read_text() == "x" * 11
    assert log.read_text() == ""
