"""How long a decision takes to the next question on the own screen, and to the screen of another reviewer.

    python -m benchmarks.decisions [--open 10000] [--times 60] [--json]

With 10,000 open questions, a real Daphne, Redis and sweeper, and two Chromium, on SQLite and on PostgreSQL. One
reviewer approves question after question by the key `a`, at the pace of a quick person; the other looks at the queue.
Measured in the pages: from the key until the next question is painted (`to_next`), and from the request until the
other's row says who decided (`to_other`). `requests` is the most that a next question waited for; what the pages fetch
beside it, because something changed, is counted on its own.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.queue import ROOT, fill, on_postgresql, on_sqlite
from concord import redis_server

PAUSE = (0.6, 1.6)  # seconds between two decisions
IN_SIGHT = 20  # of the rows that the other has on the screen; then he looks anew
Json = dict[str, Any]

# What the pages write down. Both browsers run on this machine, so that their clocks are one.
CLOCK = "const now = () => performance.timeOrigin + performance.now();"
DECIDING = (
    CLOCK
    + """
    window.taken = [];
    addEventListener('keydown', event => {
      if (event.key === 'a') taken.push({key: now(), id: location.pathname.split('/').pop()});
    }, true);
    document.addEventListener('htmx:beforeRequest', event => {
      if (event.detail.elt.id === 'decide') taken.at(-1).sent = now();
    });
    document.addEventListener('htmx:afterSettle', event => {
      if (event.target.id !== 'main') return;
      requestAnimationFrame(() => setTimeout(() => {
        const one = taken.at(-1), since = one.key - performance.timeOrigin;
        const asked = performance.getEntriesByType('resource').filter(entry => entry.startTime >= since);
        // Only the answer to the decision is swapped into the main part: whatever else was asked for is no part of it.
        one.waited = asked.filter(entry => entry.name.endsWith(event.detail.pathInfo.requestPath)).length;
        one.beside = asked.length - one.waited;
        one.next = now();
      }));
    });
"""
)
LOOKING = (
    CLOCK
    + """
    window.seen = {};
    new MutationObserver(() => {
      const gone = [...document.querySelectorAll('#queue .gone')].filter(cell => !(cell.id in seen));
      requestAnimationFrame(() => setTimeout(() => gone.forEach(cell => seen[cell.id] ??= now())));
    }).observe(document.body, {subtree: true, childList: true, attributes: true});
"""
)


def measure(urls: Json, number: int, times: int) -> Json:
    """The figures of one database."""
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as var, ExitStack() as ending:
        redis_url = redis_server.private_url(Path(var))
        settings = {"CONCORD_VAR": var, "DOTENV": os.devnull, "REDIS_URL": redis_url, "LOG_LEVEL": "ERROR"}
        environment = os.environ | settings | urls | {"DJANGO_SETTINGS_MODULE": "concord.settings"}
        ending.enter_context(redis_server.running(redis_url))
        for database in ("default", "warehouse"):
            migrate = [sys.executable, "manage.py", "migrate", "--database", database, "-v0"]
            subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        port = _free_port()
        daphne = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "concord.asgi:application"]
        for command in (daphne, [sys.executable, "manage.py", "sweeper"]):
            ending.enter_context(_running(command, environment))
        inside = [sys.executable, "-m", "benchmarks.decisions", "--inside", str(port)]
        inside += ["--open", str(number), "--times", str(times)]
        done = subprocess.run(inside, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=nowhere, stderr=nowhere)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def inside(port: int, number: int, times: int) -> Json:
    """The figures of the site at ``port``, whose database the environment names."""
    import django

    django.setup()
    from django.db import connection

    from tests.browser.conftest import start_browser

    fill(number)
    _add_steps()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    site: Any = SimpleNamespace(url=f"http://127.0.0.1:{port}")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as ending:
        rita, bob = (start_browser(site, Path(folder) / name) for name in ("rita", "bob"))
        for browser, name in ((rita, "rita"), (bob, "bob")):
            ending.callback(browser.quit)
            browser.sign_in(name)
        taken, seen = _decide(rita, bob, times)
    to_other = [seen[f"at-{one['id']}"] - one["sent"] for one in taken if f"at-{one['id']}" in seen]
    return {
        "decisions": len(taken),
        "requests": max(one["waited"] for one in taken),
        "live_requests_beside": round(statistics.mean(one["beside"] for one in taken), 2),
        "to_next_ms": _spread([one["next"] - one["key"] for one in taken]),
        "to_other_ms": _spread(to_other),
        "seen_by_other": len(to_other),
        "load": round(os.getloadavg()[0], 1),
    }


def _add_steps() -> None:
    from operations.models import Operation, Step

    ids = Operation.objects.values_list("pk", flat=True)
    steps = (
        Step(
            operation_id=pk, step_id=f"E{at}", position=at, worker="florida_data", action="process", status="completed"
        )
        for pk in ids
        for at in (1, 2, 3)
    )
    Step.objects.bulk_create(steps, batch_size=500)
    Operation.objects.update(plan={"steps": []})


def _decide(deciding: Any, looking: Any, times: int) -> tuple[list[Json], Json]:
    """Approve so many; what both pages wrote down."""
    from selenium.webdriver import ActionChains

    taken: list[Json] = []
    seen: Json = {}
    while len(taken) < times:
        looking.open("/console/escalations")
        looking.is_connected()
        looking.execute_script(LOOKING)
        deciding.open("/console/escalations")
        deciding.click("#queue .row-link")
        deciding.is_connected()
        deciding.execute_script(DECIDING)
        for place in range(1, 1 + min(IN_SIGHT, times - len(taken))):
            ActionChains(deciding).send_keys("a").perform()
            _until(lambda at=place: deciding.execute_script("return taken.filter(one => one.next).length") >= at)
            time.sleep(random.uniform(*PAUSE))
        taken += deciding.execute_script("return taken")
        time.sleep(2)
        seen |= looking.execute_script("return seen")
    return taken, seen


def _until(happens: Any) -> None:
    end = time.monotonic() + 30
    while not happens():
        if time.monotonic() > end:
            raise SystemExit("The next question did not come within 30 seconds.")
        time.sleep(0.02)


def _spread(values: list[float]) -> Json:
    return {"p50": round(statistics.median(values)), "p95": round(statistics.quantiles(values, n=20)[18])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(inside(given.inside, given.open, given.times)))
        return
    figures = {}
    for name, database in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        with database() as urls:
            figures[name] = measure(urls, given.open, given.times)
    if given.json:
        print(json.dumps({"open": given.open, **figures}, indent=2))
        return
    for name, found in figures.items():
        to_next, to_other = found["to_next_ms"], found["to_other_ms"]
        print(f"{name:11} key to the next question: p50 {to_next['p50']} ms, p95 {to_next['p95']} ms", end="; ")
        print(f"to the other's screen: p50 {to_other['p50']} ms, p95 {to_other['p95']} ms", end="; ")
        print(f"requests {found['requests']}, load {found['load']}")


if __name__ == "__main__":
    main()
