"""`manage.py worker NAME`: what it says when it cannot serve."""

import socket

import pytest
from django.core.management import CommandError, call_command

from tests.serving import served
from workers import catalogue


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue.PATHS, "example", "tests.workers.example_worker")


def test_an_unknown_worker_is_named_with_those_there_are():
    with pytest.raises(CommandError, match=r"There is no worker 'florida'; there are florida_data, data_quality"):
        call_command("worker", "florida")


@served
def test_a_port_in_use_is_named(example):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"Cannot listen on 127\.0\.0\.1 port {port}: Address already in use\."):
            call_command("worker", "example", port=port)


@served
def test_a_warehouse_without_tables_is_said_so(example, monkeypatch):
    monkeypatch.setattr("workers.models.CallRecord._meta.db_table", "nowhere")

    with pytest.raises(CommandError, match="migrate --database warehouse"):
        call_command("worker", "example", port=0)
