"""Spark while there is something to match: started for the first matching, stopped after the last, nothing fetched."""

import importlib.util
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from workers.contract import ActionError, TryLater

MEMORY = "2g"  # what Spark may take where it is all on this machine; a cluster has settings of its own

_changing = threading.Lock()
_sessions: list[Any] = []  # of the matchings that go on at this moment


@contextmanager
def opened() -> Iterator[Any]:
    """A session with tables and functions of its own.

    Raises `ActionError` where the package or Java is missing, and `TryLater` where a cluster does not answer.
    """
    _require_what_it_needs()
    with _changing:
        session = (_sessions[0] if _sessions else _started()).newSession()
        _sessions.append(session)
    try:
        yield session
    finally:
        with _changing:
            _sessions.remove(session)
            if not _sessions:
                session.stop()


def _require_what_it_needs() -> None:
    if not importlib.util.find_spec("pyspark"):
        raise ActionError("MATCHING_ENGINE is 'spark', which needs the package pyspark: install concord[spark].")
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=str(Path(home) / "bin") if home else None):
        raise ActionError("MATCHING_ENGINE is 'spark', which needs Java 17 or later: install it, or set JAVA_HOME.")


def _started() -> Any:
    from pyspark.sql import SparkSession

    logging.getLogger("py4j").setLevel(logging.WARNING)  # it tells of each connection, to the very end of the process
    master = settings.SPARK_MASTER
    try:
        return SparkSession.builder.config(map=_configuration(master)).getOrCreate()
    except Exception as error:  # Spark and its bridge to Java raise many kinds
        [reason, *_] = str(error).strip().splitlines() or [type(error).__name__]
        failure = ActionError if master.startswith("local") else TryLater
        raise failure(f"Spark did not start at SPARK_MASTER {master!r}: {reason}") from error


def _configuration(master: str) -> dict[str, str]:
    """What is not for ``spark-defaults.conf`` to say. On this machine Spark listens to nobody else."""
    from splink.backends.spark import similarity_jar_location

    folder = settings.VAR / "spark"
    always = {
        "spark.master": master,
        "spark.app.name": "concord entity_matching",
        "spark.jars": similarity_jar_location(),
        "spark.driver.maxResultSize": "0",
        "spark.log.level": "ERROR",
        "spark.sql.codegen.wholeStage": "false",  # all comparisons are more than one method of Java may hold
        "spark.sql.warehouse.dir": folder.as_uri(),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if not master.startswith("local"):
        return always
    return always | {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": MEMORY,
        "spark.local.dir": str(folder),
        "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    }
