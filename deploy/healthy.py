"""Says by its exit code whether this container's part is well. Standard library only: it runs every few seconds.

healthy.py            the web answers at port 8000
healthy.py 8001       a worker answers at its port
healthy.py sweeper    a part that listens nowhere runs (sweeper, queue_worker)
"""

import http.client
import sys
from pathlib import Path

SECONDS = 4.0


def answers(port: int) -> bool:
    """Whether `GET /health` is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def runs(command: str) -> bool:
    """Whether a process of `manage.py` has this command."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:  # it ended just now
            continue
        if b"manage.py" in words and command.encode() in words:
            return True
    return False


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else "8000"
    sys.exit(0 if (answers(int(what)) if what.isdigit() else runs(what)) else 1)
