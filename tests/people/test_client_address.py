"""From which address a request comes, behind none or some proxies, in Django's requests and in ASGI's scopes."""

import pytest
from django.test import RequestFactory

from concord.addresses import client_address, neighbourhood

PEER = "198.51.100.7"


def both(forwarded: str | None, peer: str = PEER) -> str:
    """What is found in a request, which is the same as in a scope."""
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
    lines = [] if forwarded is None else [(b"x-forwarded-for", part.encode()) for part in forwarded.split(",")]
    found = {
        client_address(request),
        client_address(request.META),
        client_address({"headers": lines, "client": (peer, 9)}),
    }
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, "203.0.113.1", PEER),
        (1, None, PEER),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "6.6.6.6, 203.0.113.1", "203.0.113.1"),
        (2, "6.6.6.6, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "203.0.113.1"),
        (1, "203.0.113.1:4711", "203.0.113.1"),
        (1, "[2001:DB8:0:0::1]:4711", "2001:db8::1"),
        (1, "::ffff:203.0.113.1", "203.0.113.1"),
        (1, "unknown", PEER),
        (1, "", PEER),
        (1, "<script>", PEER),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    assert both(forwarded) == address


def test_a_unix_socket_has_no_address():
    assert client_address({"headers": [], "client": None}) == ""
    assert client_address({}) == ""


def test_what_a_subscriber_chooses_does_not_tell_addresses_apart():
    assert neighbourhood("2001:db8:1:2:3::4") == neighbourhood("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert neighbourhood("203.0.113.9") == "203.0.113.9"
    assert neighbourhood("") == ""
