"""The scripts behind `make setup` and `make test` say in one sentence what a machine lacks."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def programs(tmp_path) -> Path:
    """A folder with the few programs that a bare machine has: it is all that the scripts find."""
    for name in ("bash", "env", "id"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    return tmp_path


def run(script: str, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / ".ci" / script), *arguments],
        cwd=ROOT,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def make_program(path: Path, text: str) -> None:
    path.write_text(f"#!{shutil.which('bash')}\n{text}\n")
    path.chmod(0o755)


def test_without_any_python_it_says_which_one_it_needs(programs, tmp_path):
    ended = run("make-venv", str(tmp_path / "venv"), path=programs)
    assert ended.returncode == 1
    assert ended.stderr == "Concord needs Python 3.11 or later: install it, or name it with PYTHON=/path/to/python.\n"
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_too_old_does_not_count(programs, tmp_path):
    make_program(programs / "python3", "exit 1")
    assert run("make-venv", str(tmp_path / "venv"), path=programs).stderr.startswith("Concord needs Python 3.11")


def test_a_python_without_venv_is_told_by_its_debian_package(programs, tmp_path):
    make_program(programs / "python3", '[[ "$2" != *ensurepip* ]]')
    ended = run("make-venv", str(tmp_path / "venv"), path=programs)
    assert ended.returncode == 1
    assert ended.stderr == "python3 cannot make virtual environments: install the package python3-venv.\n"


def test_missing_packages_are_named_where_they_cannot_be_installed(programs):
    make_program(programs / "redis-server", "exit 0")
    ended = run("get-packages", "redis-server", "chromium", "chromium-driver", path=programs)
    assert ended.returncode == 1
    assert ended.stderr == (
        "The tests need chromium chromium-driver (names of Debian packages): install them, then run this again.\n"
    )


def test_only_what_is_missing_is_installed(programs, tmp_path):
    make_program(programs / "redis-server", "exit 0")
    make_program(programs / "sudo", 'shift; exec "$@"')
    make_program(programs / "apt-get", f'echo "$@" >> {tmp_path}/asked')
    assert run("get-packages", "redis-server", "chromium", path=programs).returncode == 0
    assert (tmp_path / "asked").read_text().splitlines()[-1].split()[-1] == "chromium"
    assert "redis-server" not in (tmp_path / "asked").read_text()


def test_nothing_is_done_where_nothing_is_missing(programs):
    make_program(programs / "redis-server", "exit 0")
    assert run("get-packages", "redis-server", path=programs).returncode == 0
