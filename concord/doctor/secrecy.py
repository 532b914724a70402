"""Keeps secrets out of the report, whatever a library puts into its messages."""

import os
import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from django.conf import settings

from concord import env
from concord.doctor.finding import Finding

SECRET_NAME = re.compile(r"KEY|TOKEN|PASSWORD|SECRET")
IN_URL = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)")


def masked(finding: Finding) -> Finding:
    """The finding with stars in place of every secret."""
    return replace(finding, found=mask(finding.found), do=mask(finding.do))


def mask(words: str) -> str:
    words = IN_URL.sub("***", words)
    for secret in sorted(_secrets(), key=len, reverse=True):
        words = words.replace(secret, "***")
    return words


def _secrets() -> set[str]:
    """Those of the settings, and of variables whose names say that they are some. Short ones would mask plain words."""
    values = {settings.SECRET_KEY, settings.WORKER_TOKEN}
    for name, value in os.environ.items():
        if SECRET_NAME.search(name) and not name.endswith("_FILE") and not name.startswith("TOKEN"):
            values.add(value)
        elif "://" in value and name.removesuffix("_FILE") in env.asked:
            values.add(_password(value))
    values |= {str(database["PASSWORD"]) for database in settings.DATABASES.values()}
    values.add(_password(settings.REDIS_URL))
    return {value for value in values if len(value) >= 6}


def _password(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""
