"""Where Concord and its workers may call: to configured hosts alone, and never to addresses that are nobody's business.

A host is allowed by its name, by a pattern such as ``*.workers.example``, or by a network such as ``10.20.0.0/16``. A
name says nothing about where it leads, today or in a moment. So it is looked up once for each connection, and what is
connected to is the address that was looked at. Private addresses are for hosts that are named, or lie in a network
that is. Addresses where clouds keep credentials, and those of no single host, are for nobody.

Libraries that make connections of their own, such as those of object stores, cannot be given an address. `guard` sees
to it that no connection of this process, whoever makes it, goes to where clouds keep credentials.
"""

import errno
import ipaddress
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
METADATA = [
    ipaddress.ip_network(text)
    for text in (
        *("169.254.0.0/16", "fe80::/10"),  # most clouds' are here; the others' by cloud:
        *("fd00:ec2::/32", "fd20:ce::254/128", "168.63.129.16/32"),  # Amazon, Google, Azure
        *("192.0.0.192/32", "fd00:c1::a9fe:a9fe/128"),  # Oracle
        *("100.100.100.200/32", "fd00:100::100:200/128"),  # Alibaba
        *("fd00:42::42/128", "fd00:a9fe:a9fe::1/128"),  # Scaleway, Akamai
    )
]
NEVER = [
    *METADATA,
    *(ipaddress.ip_network(text) for text in ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8")),
]
NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = (str, bytes, bytearray)  # as sockets take it


class NotAllowed(ValueError):
    """The host, or the address that its name leads to, is none that may be called. The text says what to do."""


@dataclass(frozen=True)
class Hosts:
    """The hosts that may be called, and the ``setting`` that adds others."""

    setting: str
    names: frozenset[str]
    patterns: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    def check(self, host: str) -> None:
        """Raise `NotAllowed` if the host is none of these."""
        host = host.lower().rstrip(".")
        literal = _literal(host)
        allowed = host in self.names or any(fnmatchcase(host, pattern) for pattern in self.patterns)
        if not allowed and not (literal and self._has(literal)):
            raise NotAllowed(f"{host!r} is no configured host: {self}. {self.setting} adds others.")
        if literal:
            self._check_address(host, literal)

    def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect to for ``host``, the address looked up first coming first.

        Raises `NotAllowed`, and OSError where the name leads nowhere.
        """
        self.check(host)
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise NotAllowed(f"{host!r} is no name of a host.") from error
        found = list(dict.fromkeys(str(info[4][0]) for info in told))
        refused: NotAllowed | None = None
        allowed = []
        for text in found:
            try:
                self._check_address(host, ipaddress.ip_address(text.partition("%")[0]))
                allowed.append(text)
            except NotAllowed as error:
                refused = error
        if not allowed and refused:
            raise refused
        return allowed

    def _check_address(self, host: str, address: Address) -> None:
        for one in _meant(address):
            if any(one in network for network in NEVER):
                raise NotAllowed(f"{host!r} leads to {address}, which is never called.")
            if not one.is_global and host.lower().rstrip(".") not in self.names and not self._has(one):
                raise NotAllowed(
                    f"{host!r} leads to the private address {address}: name the host itself, or its network, in "
                    f"{self.setting}."
                )

    def _has(self, address: Address) -> bool:
        return any(address in network for network in self.networks)

    def __str__(self) -> str:
        return ", ".join([*sorted(self.names), *self.patterns, *map(str, self.networks)]) or "there are none"


def hosts(setting: str, urls: Iterable[str], entries: Iterable[str] = ()) -> Hosts:
    """Those of ``urls``, and those that ``entries`` name. This machine has three names, and all of them or none."""
    names = {(urlsplit(url).hostname or "").rstrip(".") for url in urls} - {""}
    patterns, networks = [], []
    for entry in entries:
        if "*" in entry or "?" in entry:
            patterns.append(entry.lower())
        elif "/" in entry:
            networks.append(ipaddress.ip_network(entry, strict=False))
        else:
            names.add(entry.lower().strip("[]").rstrip("."))
    if names & LOOPBACK:
        names |= LOOPBACK
    return Hosts(setting, frozenset(names), tuple(patterns), tuple(networks))


def workers() -> Hosts:
    """Where workers may be: on the hosts of the WORKER_…_URL, and those of WORKER_HOSTS."""
    return hosts("WORKER_HOSTS", settings.WORKER_URLS.values(), settings.WORKER_HOSTS)


def rolls() -> Hosts:
    """Where rolls may come from over HTTP: the hosts of the sources of florida_data."""
    return hosts("FLORIDA_SOURCES", _roll_urls())


def _roll_urls() -> list[str]:
    urls = [settings.FLORIDA_PORTAL_URL, settings.FLORIDA_SAMPLE_URL, *settings.FLORIDA_SOURCES.values()]
    return [url for url in urls if urlsplit(url).scheme in ("http", "https")]


def check_roll_source(host: str, port: int | None) -> None:
    """Raise `NotAllowed` unless a source of rolls is at this host and port, so that it may be redirected to."""
    rolls().check(host)
    places = {(urlsplit(url).hostname, urlsplit(url).port) for url in _roll_urls()}
    if (host.lower(), port) not in places:
        raise NotAllowed(f"no source is at {host!r} and that port")


def records() -> Hosts:
    """Where the Division's files may come from over SFTP: the hosts of the sources of sunbiz."""
    urls = [settings.SUNBIZ_STATE_URL, *settings.SUNBIZ_SOURCES.values()]
    return hosts("SUNBIZ_SOURCES", [url for url in urls if urlsplit(url).scheme in ("sftp", "ssh")])


def model(url: str) -> Hosts:
    """Where the language model is."""
    return hosts("OPENAI_BASE_URL", [url])


def check_worker(url: str) -> None:
    """Raise `NotAllowed` for an address where no worker may be. Names that lead nowhere yet are taken."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise NotAllowed("An http or https address such as http://host:8001 is needed.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise NotAllowed("The address must be without login, ? and #, such as http://host:8001.")
    try:
        port = parts.port or 80
    except ValueError as error:
        raise NotAllowed("The port must be between 0 and 65535.") from error
    try:
        workers().addresses(parts.hostname or "", port)
    except OSError:
        return  # it may come up later: each connection is looked at anew


def connect(allowed: Hosts, host: str, port: int, timeout: Any, options: Any) -> socket.socket:
    """A connection to ``host``, made to an address that was looked at. Raises `NotAllowed` and OSError."""
    last: OSError = OSError(f"{host} has no address")
    for address in allowed.addresses(host, port):
        try:
            return _connected(address, port, timeout, options)
        except OSError as error:
            last = error
    raise last


def _connected(address: str, port: int, timeout: Any, options: Any) -> socket.socket:
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        for option in options or ():
            connection.setsockopt(*option)
        if isinstance(timeout, int | float):
            connection.settimeout(timeout)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


def guard() -> None:
    """Refuse, from now on, each connection of this process to where clouds keep credentials, whatever makes it.

    It then fails with `PermissionError`. What libraries in C connect to by themselves is not seen, and what gives
    `socket.connect` a name, not an address, has it looked up once more. OUTGOING_METADATA lifts the guard, for object
    stores that are given the machine's own credentials.
    """
    sys.addaudithook(_look_at)


def _look_at(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple) or not isinstance(arguments[1][0], _HOST):
        return  # most events of the interpreter are none; sockets of files have no address
    if settings.OUTGOING_METADATA:
        return
    told = arguments[1][0]
    host = (told if isinstance(told, str) else told.decode("ascii", "replace")).partition("%")[0]
    literal = _literal(host)
    led = [literal] if literal else _looked_up(host)
    if any(one in network for address in led for one in _meant(address) for network in METADATA):
        raise PermissionError(errno.EACCES, f"{host} is where clouds keep credentials, and never called")


def _looked_up(host: str) -> list[Address]:
    try:
        told = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []  # then it cannot be connected to either
    return [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in told]


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _meant(address: Address) -> list[Address]:
    """The address, and the IPv4 address that an IPv6 address wraps or tunnels to."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    wrapped: list[Address] = [one for one in inner if one is not None]
    return wrapped if address.ipv4_mapped else [address, *wrapped]
