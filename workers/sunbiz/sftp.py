"""Connects to an SFTP server of the settings, and refuses one that shows another key than it did before."""

from contextlib import ExitStack
from pathlib import Path

import fsspec
import paramiko
from fsspec.spec import AbstractFileSystem

from workers import outgoing
from workers.contract import InvalidParameters, TryLater

_SECONDS = 30
# The Division's server was seen to frame these two wrongly; the CTR ciphers work with it.
_WITHOUT = {"ciphers": ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"]}


def connect(name: str, host: str, port: int, login: tuple[str, str], known_hosts: Path) -> AbstractFileSystem:
    """The file system of the source ``name``. The server's key is remembered in the file ``known_hosts`` at first.

    Raises `TryLater` if the server is away, `InvalidParameters` if it refuses the log-in, is another one, or is at an
    address that may not be called.
    """
    username, password = login
    try:
        with ExitStack() as unless_opened:
            connection = outgoing.connect(outgoing.records(), host, port, _SECONDS, None)
            unless_opened.enter_context(connection)
            opened = fsspec.filesystem(
                "sftp",
                skip_instance_cache=True,
                host=host,
                port=port,
                sock=connection,
                username=username,
                password=password,
                host_key_policy=Remembered(known_hosts),
                disabled_algorithms=_WITHOUT,
                timeout=_SECONDS,
                banner_timeout=_SECONDS,
                auth_timeout=_SECONDS,
                allow_agent=False,
                look_for_keys=False,
            )
            unless_opened.pop_all()
            return opened
    except outgoing.NotAllowed as error:
        raise InvalidParameters(f"source: {name} may not be called: {error}", field="source") from error
    except paramiko.AuthenticationException as error:
        message = f"source: {name} ({host}) refuses the log-in of SUNBIZ_SFTP_USERNAME"
        raise InvalidParameters(message, field="source") from error
    except paramiko.BadHostKeyException as error:
        message = f"source: {name} ({host}) shows another key than before: if it has a new one, remove the old one"
        raise InvalidParameters(f"{message} from {known_hosts}", field="source") from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise TryLater(f"{name} ({host}) cannot be reached: {str(error) or type(error).__name__}") from error


class Remembered(paramiko.MissingHostKeyPolicy):
    """Keeps the servers' keys in a file, as OpenSSH's known_hosts does, and refuses another key of a known server."""

    def __init__(self, path: Path):
        self.path = path

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        known = paramiko.HostKeys(str(self.path) if self.path.exists() else None)
        stored = known.lookup(hostname)
        if stored is None:
            known.add(hostname, key.get_name(), key)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            known.save(str(self.path))
        elif stored.get(key.get_name()) != key:
            raise paramiko.BadHostKeyException(hostname, key, next(iter(stored.values())))
