"""The keys of a local run's workers: made once, taken by the API, readable by their owner alone."""

import stat
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from concord import env, worker_keys
from operations.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(tmp_path: Path, settings: Settings) -> Path:
    settings.VAR = tmp_path
    return tmp_path


def key_of(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key as the worker's own process reads it."""
    for name, value in worker_keys.environment("performance").items():
        monkeypatch.setenv(name, value)
    return env.text("CONCORD_API_KEY")


def test_the_worker_s_key_is_in_force_with_its_scope_only(monkeypatch: pytest.MonkeyPatch) -> None:
    worker_keys.register()

    row = ApiKey.objects.find(key_of(monkeypatch))

    assert row
    assert (row.name, row.scopes) == ("worker-performance", ["read_all"])
    assert key_of(monkeypatch) not in str(row.__dict__)


def test_only_its_owner_can_read_the_file(var: Path) -> None:
    worker_keys.register()

    assert stat.S_IMODE((var / "keys" / "performance").stat().st_mode) == 0o600


def test_a_second_start_keeps_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    worker_keys.register()
    before = key_of(monkeypatch)
    worker_keys.register()

    assert key_of(monkeypatch) == before
    assert ApiKey.objects.count() == len(worker_keys.SCOPES)


def test_without_its_file_a_new_key_takes_the_place_of_the_old(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worker_keys.register()
    before = key_of(monkeypatch)
    (var / "keys" / "performance").unlink()
    worker_keys.register()

    assert ApiKey.objects.find(before) is None
    assert ApiKey.objects.find(key_of(monkeypatch))


def test_a_new_database_learns_the_key_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    worker_keys.register()
    ApiKey.objects.all().delete()
    worker_keys.register()

    assert ApiKey.objects.find(key_of(monkeypatch))


def test_a_revoked_key_stays_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    worker_keys.register()
    ApiKey.objects.update(revoked_at=timezone.now())
    worker_keys.register()

    assert ApiKey.objects.find(key_of(monkeypatch)) is None


def test_a_key_of_before_gets_the_scopes_that_its_worker_needs_now(monkeypatch: pytest.MonkeyPatch) -> None:
    worker_keys.register()
    before = key_of(monkeypatch)
    ApiKey.objects.filter(name="worker-ai_ml").update(scopes=["read_all"])
    worker_keys.register()

    assert ApiKey.objects.get(name="worker-ai_ml").scopes == ["read_all", "mend"]
    assert key_of(monkeypatch) == before


def test_a_worker_that_needs_no_key_gets_none() -> None:
    assert worker_keys.environment("florida_data") == {}
