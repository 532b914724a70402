"""The log: one file of JSON lines that all processes append to, and readable lines on standard error."""

from pathlib import Path
from typing import Any

import structlog

FILE = "master_orchestrator.log"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

# What every line carries, whether it came through structlog or through the standard library.
COMMON: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configuration(folder: Path, level: str) -> dict[str, Any]:
    """Django's ``LOGGING``: everything of at least ``level`` goes to standard error and to the file in ``folder``.

    A line is appended with one write, so the processes do not mix theirs up; a file that was moved away by a log
    rotation is opened anew.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"readable": _formatter(_readable()), "json": _formatter(_json())},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "readable"},
            "file": {
                "class": "logging.handlers.WatchedFileHandler",
                "filename": folder / FILE,
                "formatter": "json",
                "delay": True,
            },
        },
        "root": {"handlers": ["stderr", "file"], "level": level},
        "loggers": {
            # Django would send mail, and write to its own handlers besides.
            "django": {"handlers": [], "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "openai": {"level": "WARNING"},  # below that it writes down whole prompts
            "httpx2": {"level": "WARNING"},  # it tells of every request, and a step is several
        },
    }


def route_structlog() -> None:
    """Hand what is logged through structlog to the standard library, which knows where it goes."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *COMMON,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _formatter(last: list[Any]) -> dict[str, Any]:
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": COMMON,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    }


def _readable() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]


def _json() -> list[Any]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
