"""A small model may say too which sentences fit a query; where its packages are absent, the words alone decide."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from operations.compression import compress, meaning

TEXT = "\n\n".join(
    [
        "The office has a garden. It is open on weekdays. The gate squeaks.",
        "Felines sleep for most of the day. They hunt at dusk.",
        "The printer stands in the hall. It was moved in May. Nobody knows why.",
        "Trucks bring oranges in winter. Their drivers rest at the inn.",
    ]
)
QUERY = "When do cats catch mice?"


@pytest.fixture(autouse=True)
def asked_anew(settings: Settings) -> Iterator[None]:
    settings.ENABLE_NEURAL_SCORER = True
    meaning._is_installed.cache_clear()
    yield
    meaning._is_installed.cache_clear()


def test_without_its_packages_it_is_told_once_and_words_decide(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(meaning, "PACKAGE", "no_such_package")

    first, second = (compress(TEXT, query=QUERY, limit=40) for _ in range(2))
    settings.ENABLE_NEURAL_SCORER = False

    assert first == second == compress(TEXT, query=QUERY, limit=40)
    assert caplog.text.count("make scorer") == 1


def test_it_finds_what_is_said_in_other_words(settings: Settings) -> None:
    if not meaning.is_on():
        pytest.skip("the scorer is not installed: make scorer")

    first, second = (compress(TEXT, query=QUERY, limit=30) for _ in range(2))
    settings.ENABLE_NEURAL_SCORER = False

    assert "Felines" in first.text
    assert "Felines" not in compress(TEXT, query=QUERY, limit=30).text
    assert first == second
