"""What deploy/ says fits the code: names of settings, commands, ports, files; and nothing in it is careless."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands

from concord import env
from concord.web import GRACE_SECONDS
from tests.deploy.manifests import DEPLOY, compose, documents, instructions, kubernetes
from workers import catalogue

PARTS = {"web", "queue-worker", "sweeper", "migrate", *(name.replace("_", "-") for name in catalogue.PATHS)}
ROOT = settings.BASE_DIR


def ours() -> dict[str, Any]:
    """The services of the compose file that run Concord's image."""
    return {name: service for name, service in compose()["services"].items() if service["image"] == "concord"}


def pods() -> dict[str, dict[str, Any]]:
    """The pods of the manifests, by the name of what makes them."""
    makers = [document for document in kubernetes() if document["kind"] in ("Deployment", "Job")]
    return {maker["metadata"]["name"]: maker["spec"]["template"]["spec"] for maker in makers}


def containers() -> list[dict[str, Any]]:
    return [each for pod in pods().values() for each in pod.get("initContainers", []) + pod["containers"]]


def test_every_part_is_in_the_compose_file_and_in_the_manifests():
    assert set(ours()) == PARTS
    assert set(pods()) == PARTS
    assert set(compose()["services"]) - PARTS == {"postgres", "redis", "prometheus", "grafana"}


def test_every_variable_is_a_setting():
    named = {name for service in ours().values() for name in service["environment"]}
    [config] = [document for document in kubernetes() if document["kind"] == "ConfigMap"]
    named |= set(config["data"])
    assert named - env.asked == set()
    image = [word.partition("=")[0] for line in instructions() if line[0] == "ENV" for word in line[1:]]
    assert {name for name in image if not name.startswith(("PYTHON", "PIP_"))} - env.asked == {"PATH", "HOME"}


def test_every_worker_is_where_the_others_look_for_it():
    for name, port in settings.WORKER_PORTS.items():
        service = name.replace("_", "-")
        url = f"http://{service}:{port}"
        assert ours()["web"]["environment"][f"WORKER_{name.upper()}_URL"] == url
        assert ours()[service]["command"] == ["worker", name]
        assert ours()[service]["healthcheck"]["test"][-1] == str(port)
        [container] = pods()[service]["containers"]
        assert (container["args"], container["ports"][0]["containerPort"]) == (["worker", name], port)
    services = {document["metadata"]["name"]: document for document in kubernetes() if document["kind"] == "Service"}
    for name, port in {"web": 8000, **{n.replace("_", "-"): p for n, p in settings.WORKER_PORTS.items()}}.items():
        assert services[name]["spec"]["ports"] == [{"name": "http", "port": port, "targetPort": "http"}]


def test_every_command_is_one_of_manage_py_or_of_the_entrypoint():
    commands = {service["command"][0] for service in ours().values()}
    commands |= {container["args"][0] for container in containers() if "args" in container}
    assert commands - {"web", "worker", "migrate"} <= set(get_commands())
    assert {"worker", "migrate", "doctor", "forget"} <= set(get_commands())


def test_no_secret_has_a_value_and_none_is_optional():
    text = (DEPLOY / "compose.yaml").read_text()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "WORKER_TOKEN", "GRAFANA_PASSWORD"):
        assert re.search(rf"\${{{name}:\?}}", text), name
        assert not re.search(rf"\${{{name}(?!:\?}})", text), name
        assert f"\n{name}=\n" in (DEPLOY / "env.example").read_text()
    assert not [document for document in kubernetes() if document["kind"] == "Secret"]


def test_every_variable_that_compose_takes_is_explained_or_has_a_default():
    taken = set(re.findall(r"\$\{([A-Z_]+):\?", (DEPLOY / "compose.yaml").read_text()))
    told = {name for name, _ in env.lines(DEPLOY / "env.example")}
    assert taken <= told


def test_only_the_web_is_published_and_only_on_this_machine():
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert compose()["networks"]["inside"] == {"internal": True}
    assert [name for name in ("postgres", "redis") if compose()["services"][name]["networks"] != ["inside"]] == []


def test_every_service_has_a_health_check_and_waits_for_what_it_stands_on():
    for name, service in compose()["services"].items():
        assert name == "migrate" or service["healthcheck"]["test"], name
    for name, service in ours().items():
        if name != "migrate":
            waits = {part: how["condition"] for part, how in service["depends_on"].items()}
            expected = {"postgres": "service_healthy", "redis": "service_healthy"}
            assert waits == {"migrate": "service_completed_successfully", **expected}


def test_containers_may_do_nothing_that_they_need_not():
    for service in ours().values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "10001:10001"
    for name, pod in pods().items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
    for container in containers():
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/tmp", "/var/lib/concord"}


def test_every_part_has_probes_and_time_to_end():
    for name, pod in pods().items():
        [container] = pod["containers"]
        assert name == "migrate" or "livenessProbe" in container, name
        assert pod["terminationGracePeriodSeconds"] >= GRACE_SECONDS + 5
    assert {"startupProbe", "readinessProbe"} <= set(pods()["sunbiz"]["containers"][0])


def test_selectors_find_the_pods_that_are_meant():
    documents_ = kubernetes()
    labels = [
        each["spec"]["template"]["metadata"]["labels"] for each in documents_ if each["kind"] in ("Deployment", "Job")
    ]
    for document in documents_:
        if document["kind"] in ("Service", "PodDisruptionBudget", "Deployment"):
            selector = document["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            fit = [found for found in labels if wanted <= found.items()]
            assert len(fit) == 1, document["metadata"]
    budgets = {each["metadata"]["name"] for each in documents_ if each["kind"] == "PodDisruptionBudget"}
    assert budgets == PARTS - {"migrate"}


def test_queue_workers_grow_with_the_queue_and_never_beyond_the_rings():
    [scaled] = [document for document in kubernetes() if document["kind"] == "ScaledObject"]
    [config] = [document for document in kubernetes() if document["kind"] == "ConfigMap"]
    assert int(config["data"]["QUEUE_WORKERS"]) == scaled["spec"]["maxReplicaCount"]
    replicas = ours()["queue-worker"]["deploy"]["replicas"]
    assert int(ours()["web"]["environment"]["QUEUE_WORKERS"]) == replicas


@pytest.mark.django_db
def test_the_question_about_the_queue_can_be_asked(django_assert_num_queries):
    from django.db import connection

    [scaled] = [document for document in kubernetes() if document["kind"] == "ScaledObject"]
    query = scaled["spec"]["triggers"][0]["metadata"]["query"]
    if connection.vendor == "sqlite":
        query = query.replace("now()", "datetime('now')")
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert cursor.fetchone() == (0,)


def test_every_file_that_is_mounted_or_copied_is_there():
    for name, service in compose()["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists(), (name, source)
    for words in instructions():
        if words[0] == "COPY" and not words[1].startswith("--"):
            for source in words[1:-1]:
                assert (ROOT / source).exists(), source


def test_the_image_has_all_that_runs_and_the_builder_gets_nothing_else():
    copied = {
        source.split("/")[0]
        for words in instructions()
        if words[0] == "COPY" and not words[1].startswith("--")
        for source in words[1:-1]
    }
    assert copied >= {"concord", "escalations", "operations", "workers", "templates", "manage.py"}
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert {line[1:].split("/")[0] for line in ignored if line.startswith("!")} == copied


def test_the_image_runs_as_nobody_and_says_how_it_is():
    last = {words[0]: words[1:] for words in instructions()}
    assert last["USER"] == ["10001:10001"]
    assert last["FROM"] == ["scratch"]
    assert last["HEALTHCHECK"][-1].endswith("/app/deploy/healthy.py]")
    assert {words[1] for words in instructions() if words[0] == "FROM"} == {"python:3.11-slim-bookworm", "scratch"}


def test_prometheus_and_grafana_find_their_files():
    [scrape] = documents(DEPLOY / "prometheus" / "prometheus.yml")
    assert "web:8000" in json.dumps(scrape)
    targets = [each.get("target") for each in compose()["services"]["prometheus"]["secrets"]]
    assert scrape["scrape_configs"][0]["authorization"]["credentials_file"] in targets
    [data] = documents(DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml")
    assert data["datasources"][0]["url"] == "http://prometheus:9090"
    assert "web" in ours()["web"]["environment"]["ALLOWED_HOSTS"].split(",")


def run_entrypoint(folder: Path, *words: str) -> str:
    """What the entrypoint would start: a `python` first on the PATH says its arguments."""
    fake = folder / "python"
    fake.write_text('#!/bin/sh\necho "python $*"\n')
    fake.chmod(0o755)
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        [str(DEPLOY / "entrypoint"), *words], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "started"),
    [
        ([], "python -m concord.web -b 0.0.0.0 -p 8000 concord.asgi:application\n"),
        (["queue_worker"], "python manage.py queue_worker\n"),
        (["worker", "sunbiz"], "python manage.py worker sunbiz --host 0.0.0.0\n"),
        (["worker"], "Which worker? Say worker NAME.\n"),
        (
            ["migrate"],
            "python manage.py migrate --no-input\npython manage.py migrate --no-input --database warehouse\n",
        ),
        (["create_api_key", "ann"], "python manage.py create_api_key ann\n"),
    ],
)
def test_the_entrypoint_becomes_the_part_that_is_named(tmp_path, words, started):
    assert run_entrypoint(tmp_path, *words) == started


def test_the_health_check_says_no_where_nothing_runs():
    for argument in ("1", "no_such_command"):
        command = [sys.executable, "-I", "-S", str(DEPLOY / "healthy.py"), argument]
        assert subprocess.run(command, check=False).returncode == 1
