"""Redis and PostgreSQL are reached by TLS where their URLs say so, and nobody is taken for them who is not."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings

from concord.doctor.finding import Level
from tests import postgres
from tests.test_doctor import of, report
from tests.test_up import environment

pytestmark = pytest.mark.skipif(
    not (postgres.available() and shutil.which("openssl") and shutil.which("redis-server")), reason="needs servers here"
)
ROOT = settings.BASE_DIR


def certify(certificate: Path, key: Path, name: str, *options: str) -> None:
    """Write a certificate for ``name`` that signs itself, and its key."""
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={name} -keyout {key} -out {certificate}"
    subprocess.run([*command.split(), *options], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificate() -> Iterator[Path]:
    """A folder with a certificate for localhost that signs itself, and its key."""
    with tempfile.TemporaryDirectory(prefix="concord-tls-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        certify(folder / "cert.pem", folder / "key.pem", "localhost", "-addext", "subjectAltName=DNS:localhost")
        if os.geteuid() == 0:
            shutil.chown(folder / "key.pem", "postgres")
        (folder / "key.pem").chmod(0o600)
        yield folder


@pytest.fixture(scope="module")
def stranger(certificate: Path) -> Path:
    """Another certificate, which signed nothing here."""
    other = certificate / "other.pem"
    certify(other, certificate / "other.key", "elsewhere")
    return other


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def database(certificate: Path) -> Iterator[str]:
    """A PostgreSQL that speaks TLS and refuses whoever does not; the URL without its query."""
    rules = certificate / "pg_hba.conf"
    rules.write_text("local all all trust\nhostssl all all 127.0.0.1/32 trust\n")
    port = free()
    options = f"-c ssl=on -c ssl_cert_file={certificate}/cert.pem -c ssl_key_file={certificate}/key.pem"
    with postgres.running(f"{options} -c hba_file={rules} -c listen_addresses=127.0.0.1 -c port={port}") as _:
        url = f"postgresql://concord@localhost:{port}/postgres"
        with psycopg.connect(f"{url}?sslmode=require", autocommit=True) as connection:
            connection.execute("CREATE DATABASE warehouse")
        yield url


@pytest.fixture(scope="module")
def tls_redis(certificate: Path) -> Iterator[str]:
    """A Redis that speaks nothing but TLS; the URL without its query."""
    port = free()
    options = {"port": "0", "tls-port": str(port), "save": "", "tls-auth-clients": "no", "dir": str(certificate)}
    options |= {"tls-cert-file": f"{certificate}/cert.pem", "tls-key-file": f"{certificate}/key.pem"}
    options |= {"tls-ca-cert-file": f"{certificate}/cert.pem"}
    command = ["redis-server", *[word for name, value in options.items() for word in (f"--{name}", value)]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"rediss://localhost:{port}/0"
    try:
        _await(f"{url}?ssl_ca_certs={certificate}/cert.pem", process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url) as client:
            client.ping()
            return
        assert process.poll() is None, "this redis-server has no TLS"
        assert time.monotonic() < deadline
        time.sleep(0.1)


def urls(database: str, tls_redis: str, authority: Path) -> dict[str, str]:
    query = f"?sslmode=verify-full&sslrootcert={authority}"
    return {
        "DATABASE_URL": database + query,
        "WAREHOUSE_URL": database.replace("/postgres", "/warehouse") + query,
        "REDIS_URL": f"{tls_redis}?ssl_ca_certs={authority}",
    }


def test_all_is_reached_by_tls(tmp_path, certificate, database, tls_redis):
    given = urls(database, tls_redis, certificate / "cert.pem")
    for name in ("default", "warehouse"):
        command = [sys.executable, "manage.py", "migrate", "--database", name, "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=environment(tmp_path) | given, check=True)

    found = report(tmp_path, **given)

    for name in given:
        assert not of(found, name), found
        assert not of(found, name, Level.WARNING), found
    assert any("encrypted" in each and "not" not in each for each in of(found, "DATABASE_URL", Level.OK))
    assert live_message(tmp_path, given) == "b'concord:rested' b'op-1'\n"


def live_message(var: Path, given: dict[str, str]) -> str:
    """What a web process hears of what a queue worker says, both by TLS, as Channels and the waiting requests do."""
    script = """
import asyncio, django
django.setup()
from channels.layers import get_channel_layer
from django.conf import settings
from redis import asyncio as redis
from operations import jobs
async def main():
    layer = get_channel_layer()
    name = await layer.new_channel()
    await layer.group_add("g", name)
    await layer.group_send("g", {"type": "changed"})
    assert (await asyncio.wait_for(layer.receive(name), 5)) == {"type": "changed"}
    async with redis.from_url(settings.REDIS_URL) as client, client.pubsub() as heard:
        await heard.subscribe("concord:rested")
        await heard.get_message(timeout=5)
        await client.publish("concord:rested", "op-1")
        message = await heard.get_message(timeout=5)
        print(message["channel"], message["data"])
jobs.ring_now()
assert jobs.queue().count == 1
asyncio.run(main())
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=environment(var) | given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_who_has_another_certificate_is_not_talked_to(tmp_path, stranger, database, tls_redis):
    found = report(tmp_path, **urls(database, tls_redis, stranger))
    for name in ("DATABASE_URL", "WAREHOUSE_URL", "REDIS_URL"):
        [refused] = of(found, name)
        assert "certificate verify failed" in refused


def test_without_tls_nobody_gets_in(tmp_path, certificate, database, tls_redis):
    given = urls(database, tls_redis, certificate / "cert.pem")
    found = report(tmp_path, **given | {"DATABASE_URL": f"{database}?sslmode=disable"})
    [refused] = of(found, "DATABASE_URL")
    assert "no encryption" in refused
