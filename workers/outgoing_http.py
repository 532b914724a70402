"""Connections of the two HTTP clients in use that go only where `outgoing` allows, and to the address it looked at.

The name stays what it was for the Host header and for TLS. Proxies of the environment are not used; OUTGOING_PROXY
names one for sources and the language model, which then looks names up itself.
"""

import socket
from collections.abc import Callable
from typing import Any

import httpx2
import urllib3
from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from workers import outgoing
from workers.outgoing import Hosts


class Pools(urllib3.PoolManager):
    """A pool manager whose connections go to hosts of ``allowed`` alone. Raises `outgoing.NotAllowed`."""

    def __init__(self, allowed: Callable[[], Hosts], **options: Any) -> None:
        super().__init__(**options)

        class Http(_Checked, HTTPConnection):
            hosts = staticmethod(allowed)

        class Https(_Checked, HTTPSConnection):
            hosts = staticmethod(allowed)

        class HttpPool(urllib3.HTTPConnectionPool):
            ConnectionCls = Http

        class HttpsPool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Https

        self.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}


class _Checked:
    hosts: Callable[[], Hosts]

    def _new_conn(self: Any) -> socket.socket:
        try:
            return outgoing.connect(self.hosts(), self._dns_host, self.port, self.timeout, self.socket_options)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out") from error
        except OSError as error:
            raise NewConnectionError(self, f"Failed to establish a new connection: {error}") from error


class Transport(httpx2.HTTPTransport):
    """A transport to hosts of ``allowed`` alone. Raises `httpx2.UnsupportedProtocol`, which tells why."""

    def __init__(self, allowed: Callable[[], Hosts], **options: Any) -> None:
        self._allowed = allowed
        self._proxied = bool(settings.OUTGOING_PROXY)
        super().__init__(proxy=settings.OUTGOING_PROXY or None, **options)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        try:
            if self._proxied and host not in outgoing.LOOPBACK:
                self._allowed().check(host)
                return super().handle_request(request)
            addresses = self._allowed().addresses(host, request.url.port or 443)
        except outgoing.NotAllowed as error:
            raise NotAllowed(str(error), request=request) from error
        except OSError as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        return self._to_one_of(addresses, request)

    def _to_one_of(self, addresses: list[str], request: httpx2.Request) -> httpx2.Response:
        for address in addresses[:-1]:
            try:
                return super().handle_request(_to(address, request))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return super().handle_request(_to(addresses[-1], request))


class NotAllowed(httpx2.UnsupportedProtocol):
    """`outgoing.NotAllowed`, as an error of this client."""


def _to(address: str, request: httpx2.Request) -> httpx2.Request:
    """The same request to an address; its Host header and TLS still name the host."""
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )


def client(allowed: Callable[[], Hosts], **options: Any) -> httpx2.Client:
    """A client that follows no redirect and takes nothing from the environment but certificates."""
    limits = options.pop("limits", httpx2.Limits())
    transport = Transport(allowed, limits=limits)
    return httpx2.Client(transport=transport, trust_env=False, follow_redirects=False, **options)
