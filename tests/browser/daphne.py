"""Daphne for the browser tests, which outlives a test: it remembers nothing of rows that are gone.

python -m tests.browser.daphne -b 127.0.0.1 -p 8000 concord.asgi:application
"""

import django
from daphne.cli import CommandLineInterface

django.setup()

from operations.models import types  # noqa: E402  # models take the apps, which are there now
from workers import registry  # noqa: E402

if __name__ == "__main__":
    registry.FRESH = types.FRESH = 0
    CommandLineInterface.entrypoint()
