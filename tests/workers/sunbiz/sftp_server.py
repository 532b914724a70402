"""A real SFTP server for tests: SSH on a loopback port, with a log-in, that serves a folder and may break off."""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

USERNAME, PASSWORD = "public", "not-a-secret"


@dataclass
class SftpServer:
    """What it serves, and how many bytes of a file it gives before it breaks off the first time."""

    folder: Path
    port: int = 0
    key: paramiko.PKey = field(default_factory=lambda: paramiko.ECDSAKey.generate())
    breaks_after: int | None = None
    connections: int = 0
    read: dict[str, int] = field(default_factory=dict)  # the lowest offset that was read of each file, by name

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}/"


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        known = (username, password) == (USERNAME, PASSWORD)
        return paramiko.common.AUTH_SUCCESSFUL if known else paramiko.common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.common.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Handle(paramiko.SFTPHandle):
    def __init__(self, server: SftpServer, path: Path):
        super().__init__()
        self.server, self.path = server, path

    def read(self, offset: int, length: int) -> bytes | int:
        name = self.path.name
        self.server.read[name] = min(offset, self.server.read.get(name, offset))
        if self.server.breaks_after is not None and offset >= self.server.breaks_after:
            return paramiko.sftp.SFTP_FAILURE
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length) or paramiko.sftp.SFTP_EOF

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(self.path.stat())


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, login: paramiko.ServerInterface, server: SftpServer):
        super().__init__(login)
        self.serves = server

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        folder = self._local(path)
        if not folder.is_dir():
            return paramiko.sftp.SFTP_NO_SUCH_FILE
        found = []
        for entry in sorted(folder.iterdir()):
            attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
            attributes.filename = entry.name
            found.append(attributes)
        return found

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        local = self._local(path)
        return paramiko.SFTPAttributes.from_stat(local.stat()) if local.exists() else paramiko.sftp.SFTP_NO_SUCH_FILE

    lstat = stat

    def open(self, path: str, flags: int, attr: object) -> paramiko.SFTPHandle | int:
        local = self._local(path)
        return _Handle(self.serves, local) if local.is_file() else paramiko.sftp.SFTP_NO_SUCH_FILE

    def _local(self, path: str) -> Path:
        return self.serves.folder / os.path.normpath("/" + path).lstrip("/")


@contextlib.contextmanager
def serving(server: SftpServer) -> Iterator[SftpServer]:
    """Serve inside the block."""
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", server.port)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=_accept, args=(listener, server, transports), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    for transport in transports:
        transport.close()


def _accept(listener: socket.socket, server: SftpServer, transports: list[paramiko.Transport]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        server.connections += 1
        transport = paramiko.Transport(connection)
        transports.append(transport)
        transport.add_server_key(server.key)
        transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, server)
        with contextlib.suppress(EOFError, paramiko.SSHException):
            transport.start_server(server=_Login())
