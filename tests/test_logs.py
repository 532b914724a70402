"""The log: JSON lines of all processes in one file, readable lines on standard error."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from concord import logs

PROGRAM = """
import logging, logging.config, pathlib, sys
import structlog
from concord import logs
logging.config.dictConfig(logs.configuration(pathlib.Path(sys.argv[1]), sys.argv[2]))
logs.route_structlog()
for _ in range(int(sys.argv[3])):
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("operations.jobs").info("step done", step="E1", ms=12)
        logging.getLogger("rq").warning("Redis is away: %s", "no socket", extra={"queue": "operations"})
        try:
            1 / 0
        except ZeroDivisionError:
            logging.getLogger("concord").exception("broken")
"""


def start(folder: Path, level: str = "INFO", times: int = 1) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder), level, str(times)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def lines_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / logs.FILE).read_text().splitlines()]


def test_both_ways_of_logging_end_in_the_same_file(tmp_path):
    _, readable = start(tmp_path).communicate()
    through_structlog, through_the_library, failure = lines_of(tmp_path)
    assert through_structlog["event"] == "step done"
    assert through_structlog["logger"] == "operations.jobs"
    assert (through_structlog["step"], through_structlog["ms"]) == ("E1", 12)
    assert through_the_library["event"] == "Redis is away: no socket"
    assert (through_the_library["level"], through_the_library["queue"]) == ("warning", "operations")
    assert "ZeroDivisionError" in str(failure["exception"])
    assert {line["request_id"] for line in lines_of(tmp_path)} == {"r-1"}
    assert "step done" in readable
    assert "ZeroDivisionError" in readable


def test_the_level_holds_for_both(tmp_path):
    start(tmp_path, "ERROR").communicate()
    assert [line["event"] for line in lines_of(tmp_path)] == ["broken"]


def test_processes_do_not_mix_their_lines_up(tmp_path):
    together = [start(tmp_path, times=200) for _ in range(3)]
    for process in together:
        process.communicate()
    assert len(lines_of(tmp_path)) == 3 * 200 * 3


@pytest.mark.parametrize("folder", ["one", "one/two"])
def test_the_folder_is_made(tmp_path, folder):
    start(tmp_path / folder).communicate()
    assert (tmp_path / folder / logs.FILE).is_file()
