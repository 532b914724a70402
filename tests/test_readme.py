"""What the README tells to type does what it says."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from types import ModuleType

import pytest
from django.core.management import get_commands, load_command_class

from tests import readme
from tests.test_up import ROOT, environment, free_port, running, var  # noqa: F401 a fixture

MARK = "=== the next command ==="
# Each kind of fenced block and what runs it. What needs another machine's tools is only held to be sound shell.
RUN_BY = {
    "": "a picture",
    "sh make": "test_make_has_what_the_readme_names",
    "sh tour": "test_the_tour_goes_as_it_is_told",
    "sh backup": "tests/deploy/test_restore.py",
    "sh restore": "tests/deploy/test_restore.py",
    "sh containers": "test_what_needs_docker_or_a_cluster_is_sound_shell_about_files_that_are_there",
    "yaml rules": "test_the_rules_of_the_readme_pass_their_own_tests",
    "python worker": "test_the_worker_of_the_readme_serves",
    "json": "test_the_examples_in_json_can_be_read",
}


def test_every_block_of_commands_is_run_by_a_test():
    assert readme.languages() == set(RUN_BY)


@pytest.mark.whole
def test_the_tour_goes_as_it_is_told(var, tmp_path):  # noqa: F811
    with running(var, free_port()) as run:
        run.wait_until_it_serves()
        said = shell(readme.commands("sh tour"), environment(var) | {"URL": run.url, "KEY": run.key}, tmp_path)

    for command, output in zip(readme.commands("sh tour"), said, strict=True):
        assert command.expected in output, f"{command.lines}\n{output}"


def shell(commands: list[readme.Command], variables: dict[str, str], folder) -> list[str]:
    """What each of the commands printed; all of them run in one shell, which stops at the first that fails."""
    script = f"\necho '{MARK}'\n".join(command.lines for command in commands)
    script = re.sub(r"^export URL=.*$", "", script, flags=re.MULTILINE)
    script = script.replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
    ran = subprocess.run(
        ["bash", "-c", f"set -e\n{script}"],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout.split(MARK)


@pytest.mark.parametrize("line", readme.spans("manage.py "))
def test_manage_has_each_command_and_option_that_the_readme_names(line):
    _, name, *words = line.split()
    command = load_command_class(get_commands()[name], name)
    known = command.create_parser("manage.py", name)._option_string_actions

    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= set(known)


@pytest.mark.parametrize("line", readme.spans("python -m "))
def test_each_module_that_the_readme_runs_is_there(line):
    assert find_spec(line.split()[2]) is not None


@pytest.mark.parametrize("line", readme.spans("make "))
def test_make_has_what_the_readme_names(line):
    targets = [word for word in line.split()[1:] if "=" not in word]
    tried = subprocess.run(["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=False)

    assert tried.returncode == 0, tried.stderr


def test_the_rules_of_the_readme_pass_their_own_tests(tmp_path):
    (tmp_path / "rules.yaml").write_text("\n".join(readme.blocks("yaml rules")))
    checked = subprocess.run(
        [sys.executable, ROOT / "manage.py", "check_rules"],
        env=environment(tmp_path) | {"RULES_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.startswith("1 rules in ")


def test_the_worker_of_the_readme_serves():
    [code] = readme.blocks("python worker")
    module = ModuleType("weather")
    exec(code, module.__dict__)

    assert module.worker.name == "weather"
    assert module.worker.actions["report"].run(None, {"county": "Duval"}) == {"county": "Duval", "celsius": 31.0}


@pytest.mark.parametrize("example", readme.blocks("json"))
def test_the_examples_in_json_can_be_read(example):
    assert json.loads(example)


def test_what_needs_docker_or_a_cluster_is_sound_shell_about_files_that_are_there():
    script = "\n".join(readme.blocks("sh containers"))
    parsed = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False)

    assert parsed.returncode == 0, parsed.stderr
    named = re.findall(r"\bdeploy/[\w./-]+", script)
    assert named
    assert [path for path in named if not (ROOT / path).exists() and path != "deploy/.env"] == []
