"""The workers that are here, by name. A new one is a package with a ``worker``, and a line in `PATHS`."""

from importlib import import_module

from django.conf import settings

from workers.contract import Worker

PATHS = {
    "florida_data": "workers.florida_data",
    "data_quality": "workers.data_quality",
}


class UnknownWorker(LookupError):
    """No such worker, or one that is not built yet."""


def load(name: str) -> Worker:
    """The worker of that name. Its package is imported only now: each service loads its own."""
    if name in PATHS:
        return import_module(PATHS[name]).worker
    here = ", ".join(PATHS)
    if name in settings.WORKER_PORTS:
        raise UnknownWorker(f"The worker {name} is not built yet; there are {here}.")
    raise UnknownWorker(f"There is no worker {name!r}; there are {here}.")
