"""What Prometheus and Grafana are given: rules that are checked and tried, and only figures that exist."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from concord.metrics.families import OF_PROCESSES, TALLIED
from tests.api.conftest import Caller
from tests.make import make_escalation, make_key
from tests.metrics import collected
from workers.models import RegisteredWorker

PROMETHEUS = settings.BASE_DIR / "deploy" / "prometheus"
GRAFANA = settings.BASE_DIR / "deploy" / "grafana"
PROMTOOL = shutil.which("promtool")
NAME = re.compile(r"concord[\w:]+")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is missing (Debian's package prometheus)")


@pytest.fixture
def watcher(db: None) -> Caller:
    return Caller(make_key("metrics")[1])


def promtool(*arguments: str) -> str:
    said = subprocess.run([str(PROMTOOL), *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "rules.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    board = json.loads((GRAFANA / "dashboards" / "concord.json").read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def queries() -> Iterator[str]:
    """Every expression of the rules and the dashboard."""
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


@needs_promtool
def test_the_rules_are_sound() -> None:
    assert "SUCCESS" in promtool("check", "rules", "rules.yml")


@needs_promtool
def test_the_rules_alert_when_they_should_and_only_then() -> None:
    promtool("test", "rules", "rules_test.yml")


@needs_promtool
def test_the_configuration_is_sound() -> None:
    promtool("check", "config", "--syntax-only", "prometheus.yml")


@needs_promtool
def test_the_figures_are_as_prometheus_wants_them(watcher: Caller) -> None:
    text = watcher.get("/metrics").content

    said = subprocess.run([str(PROMTOOL), "check", "metrics"], input=text, capture_output=True)

    assert said.returncode == 0, said.stderr.decode()


def test_every_alert_is_tried() -> None:
    tests = yaml.safe_load((PROMETHEUS / "rules_test.yml").read_text())["tests"]
    tried = {one["alertname"] for test in tests for one in test["alert_rule_test"] if one.get("exp_alerts")}

    assert {rule["alert"] for rule in rules() if "alert" in rule} == tried


def test_every_alert_says_what_to_do() -> None:
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["description"].endswith(".")


@pytest.mark.django_db
def test_rules_and_dashboard_ask_for_figures_that_exist(watcher: Caller) -> None:
    RegisteredWorker.objects.create(name="plant", url="http://x")
    make_escalation().operation.model_calls.create(purpose="planning", model="m", prompt_tokens=1)
    told = {name.split()[0] for name in collected(watcher)}
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    adding_up = {family.name for family in (*TALLIED, *OF_PROCESSES)}  # those with labels begin with their first row

    for query in queries():
        for name in NAME.findall(re.sub(r"\"[^\"]*\"", "", query)):
            known = told | recorded | adding_up
            assert name in known or name.removesuffix("_bucket") in adding_up, f"{name} does not exist: {query}"


def test_every_figure_is_on_the_dashboard_or_in_a_rule() -> None:
    asked = {name.removesuffix("_bucket") for query in queries() for name in NAME.findall(query)}

    assert {family.name for family in (*TALLIED, *OF_PROCESSES)} <= asked


def test_the_dashboard_asks_the_source_that_is_set_up() -> None:
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())["datasources"][0]
    provider = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "concord.yml").read_text())["providers"][0]

    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}
    assert Path(provider["options"]["path"]).name == "dashboards"
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len(set(ids))


def test_no_panel_lies_upon_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
