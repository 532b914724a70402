"""Run a command that cannot outlive the process that started it: ``python tether.py PARENT COMMAND [ARGUMENT ...]``.

A supervisor that is killed with -9 stops nobody. On Linux the kernel then kills what runs on this tether; elsewhere
the command simply runs. Standard library only, since it starts before everything else.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def tethered(command: list[str]) -> list[str]:
    """The command line that runs ``command`` on a tether to this process, which has to start it."""
    return [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid()), *command]


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the tether was tied
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
