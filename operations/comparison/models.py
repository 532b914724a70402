"""The models that a comparison can be made with: a scripted one, a small real one, or whatever is configured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from operations.comparison import scripted
from operations.comparison.model_server import ModelServer, serve
from workers import local_model

SCRIPTED, LOCAL, ENV = "scripted", "local", "env"
MODELS = (SCRIPTED, LOCAL, ENV)


class NoModel(Exception):
    """The model cannot be asked; the text says what is missing."""


@dataclass(frozen=True)
class Model:
    """How an installation reaches the model, what is to be known of it, and its server where that is ours."""

    words: str
    environment: dict[str, str] = field(repr=False)
    server: ModelServer | None = None


@contextmanager
def running(name: str, *, ttft: float, rate: float | None) -> Iterator[Model]:
    """The model of this ``name``, answering inside the block. Raises `NoModel`.

    ``ttft`` (seconds to the first token) and ``rate`` (tokens a second) set the pace of the scripted one.
    """
    if name == SCRIPTED:
        with serve(scripted.decide, ttft=ttft, rate=rate) as server:
            pace = f"{rate:g} tokens a second" if rate else "as fast as it goes"
            words = f"scripted, over HTTP: {ttft:g} s to the first token, then {pace}"
            yield Model(words, _environment(server.url, "scripted", server.model), server)
    elif name == LOCAL:
        try:
            local = local_model.start(0)
        except local_model.NotInstalled as error:
            raise NoModel(str(error)) from error
        yield Model(
            f"{local_model.NAME} on this machine",
            _environment(f"{local.listening_address}/v1", "local", local_model.NAME),
        )
    else:
        if not (settings.OPENAI_API_KEY or settings.OPENAI_BASE_URL):
            raise NoModel("No model is configured: set OPENAI_API_KEY, or OPENAI_BASE_URL and OPENAI_MODEL.")
        where = settings.OPENAI_BASE_URL or "OpenAI"
        environment = _environment(settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY, settings.OPENAI_MODEL)
        yield Model(f"{settings.OPENAI_MODEL} at {where}", environment)


def _environment(url: str, key: str, model: str) -> dict[str, str]:
    given = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key, "OPENAI_MODEL": model}
    return {name: value for name, value in given.items() if value}
