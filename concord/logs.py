"""The log: one file of JSON lines that all processes append to, and readable lines on standard error.

No personal data and no secrets get in, whoever logs: see workers.masking for what is masked and what is left out.
"""

import logging
import sys
import threading
from pathlib import Path
from typing import Any

import structlog

from workers.masking import argument, masked, told, traced

FILE = "master_orchestrator.log"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
# Below INFO these write down statements with their parameters, contexts of templates, addresses that were asked for.
TALKATIVE = ("django", "urllib3", "asyncio", "rq", "redis", "paramiko", "psycopg", "fsspec", "splink", "daphne")
VERY_TALKATIVE = ("openai", "httpx2", "httpcore2")  # whole prompts, and a line for every request

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
    quiet = {"level": max(level, "INFO", key=_severity)}
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
            **dict.fromkeys(TALKATIVE, quiet),
            **{name: {"level": max(level, "WARNING", key=_severity)} for name in VERY_TALKATIVE},
            # Django would send mail, and write to its own handlers besides.
            "django": {"handlers": [], "propagate": True, **quiet},
            "django.server": {"handlers": [], "propagate": True},
        },
    }


def route_structlog() -> None:
    """Hand what is logged through structlog to the standard library, which knows where it goes; warnings too."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *COMMON,
            _mask_places,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # it would print the arguments of a line that cannot be written


def catch_uncaught() -> None:
    """Have what nobody caught in this process written down like everything else, and not printed with its data."""

    def uncaught(kind: type[BaseException], error: BaseException, frames: Any) -> None:
        if issubclass(kind, KeyboardInterrupt) or not logging.getLogger().handlers:
            sys.__excepthook__(kind, error, frames)
            return
        logging.getLogger("concord").critical("Nobody caught this", exc_info=(kind, error, frames))

    def in_thread(what: Any) -> None:
        if what.exc_value is not None:
            uncaught(what.exc_type, what.exc_value, what.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = in_thread


class Safe(structlog.stdlib.ProcessorFormatter):
    """Formats a record without what must not be written down."""

    def format(self, record: logging.LogRecord) -> str:
        record = logging.makeLogRecord(record.__dict__)  # others may see it as it was
        record.__dict__.pop("message", None)  # of another formatter, unmasked
        request = record.__dict__.pop("request", None)
        record.__dict__.update(getattr(request, "log_ids", {}))  # Django logs once its middleware is done
        if isinstance(record.args, dict):
            named = {name: told(str(name), value) for name, value in record.args.items()}
            record.args = named if "%(" in str(record.msg) else (argument(record.args),)
        elif record.args:
            record.args = tuple(argument(value) for value in record.args)
        if record.name.startswith("django.security"):  # these quote headers and hosts
            record.msg, record.args = f"Refused: {record.name.rpartition('.')[2]}", ()
        elif record.name.startswith("django.request"):
            record.args = _without_path(record.args, request)
        return super().format(record)


def _without_path(arguments: Any, request: Any) -> Any:
    """Django's words about a request, with the name of its route for its path, in which names may be."""
    match = getattr(request, "resolver_match", None)
    route = match.view_name if match else "none"
    texts = tuple(arguments) if isinstance(arguments, tuple) else ()
    return tuple(route if isinstance(text, str) and "/" in text else text for text in texts)


def _mask_places(logger: Any, method: str, event: Any) -> Any:
    if places := event.get("positional_args"):
        event["positional_args"] = tuple(map(argument, places))
    return event


def _mask_exception(logger: Any, method: str, event: Any) -> Any:
    """In place of an exception: its frames, and no more of its words than is safe."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["exception"] = traced(error)
    return event


def _mask(logger: Any, method: str, event: Any) -> Any:
    """The values of a line by the names of their fields; the texts by their shapes."""
    kept = event.pop("exception", None)
    event.pop("color_message", None)  # uvicorn's
    event = {name: told(name, value) for name, value in event.items()}
    return event | ({"exception": masked(kept)} if kept else {})


def _severity(level: str) -> int:
    return LEVELS.index(level)


def _formatter(last: list[Any]) -> dict[str, Any]:
    return {
        "()": Safe,
        "foreign_pre_chain": COMMON,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _mask_exception, _mask, *last],
    }


def _readable() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]


def _json() -> list[Any]:
    return [structlog.processors.JSONRenderer(default=lambda value: f"<{type(value).__name__}>")]
