"""The workers that are here, by name. A new one is a package with a ``worker``, and a line in `PATHS`."""

from importlib import import_module

from workers.contract import Worker

PATHS = {
    "florida_data": "workers.florida_data",
    "data_quality": "workers.data_quality",
    "sunbiz": "workers.sunbiz",
    "entity_matching": "workers.entity_matching",
    "performance": "workers.performance",
    "ai_ml": "workers.ai_ml",
}


class UnknownWorker(LookupError):
    """There is no such worker here."""


def load(name: str) -> Worker:
    """The worker of that name. Its package is imported only now: each service loads its own."""
    if name in PATHS:
        return import_module(PATHS[name]).worker
    raise UnknownWorker(f"There is no worker {name!r}; there are {', '.join(PATHS)}.")
