"""The rules of the Mozilla HTTP Observatory, computed for one answer: a hundred points, less or more by what it says.

https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring. Points above a hundred are given only where none
were taken away.
"""

import re
from collections.abc import Mapping
from http.cookies import Morsel, SimpleCookie

HALF_A_YEAR = 15_768_000
UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "data:", "*", "http:", "https:", "'unsafe-hashes'")
CLOSED = ("default-src", "base-uri", "frame-ancestors", "object-src")
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
Marks = dict[str, int]


def policy(text: str) -> dict[str, list[str]]:
    """A Content-Security-Policy by directive."""
    directives = [part.split() for part in text.split(";") if part.strip()]
    return {words[0].lower(): [word.lower() for word in words[1:]] for words in directives}


def marks(headers: Mapping[str, str], cookies: list[str], page: str = "") -> Marks:
    """What each test gives (above 0) or takes (below)."""
    named = {name.lower(): value for name, value in headers.items()}
    rules = policy(named.get("content-security-policy", ""))
    return {
        "content-security-policy": _policy(rules),
        "cookies": _cookies(cookies),
        "cross-origin-resource-sharing": -50 if named.get("access-control-allow-origin") == "*" else 0,
        "cross-origin-resource-policy": 10 if named.get("cross-origin-resource-policy") == "same-origin" else 0,
        "referrer-policy": 5 if named.get("referrer-policy") in PRIVATE else -5,
        "strict-transport-security": _transport(named.get("strict-transport-security", "")),
        "subresource-integrity": _scripts(page),
        "x-content-type-options": 0 if named.get("x-content-type-options") == "nosniff" else -5,
        "x-frame-options": 5 if rules.get("frame-ancestors") == ["'none'"] else _frames(named),
    }


def score(given: Marks) -> int:
    """The points in all."""
    taken = sum(mark for mark in given.values() if mark < 0)
    return 100 + (taken or sum(given.values()))


def _policy(rules: dict[str, list[str]]) -> int:
    if not rules:
        return -25
    scripts = rules.get("script-src", rules.get("default-src", ["*"]))
    styles = rules.get("style-src", rules.get("default-src", ["*"]))
    if any(word in scripts + rules.get("object-src", rules.get("default-src", ["*"])) for word in UNSAFE):
        return -20
    if "'unsafe-inline'" in styles:
        return 0
    return 10 if all(rules.get(name) == ["'none'"] for name in CLOSED) and "form-action" in rules else 5


def _cookies(cookies: list[str]) -> int:
    """Every cookie by HTTPS alone, and that of the session for no script; more where none goes to other sites."""
    baked = [morsel for cookie in cookies for morsel in SimpleCookie(cookie).values()]
    if any(not morsel["secure"] for morsel in baked):
        return -40 if any(map(_is_session, baked)) else -20
    if any(_is_session(morsel) and not morsel["httponly"] for morsel in baked):
        return -30
    if any(morsel["samesite"].lower() not in ("lax", "strict") for morsel in baked):
        return -20
    return 5 if baked else 0


def _is_session(morsel: "Morsel[str]") -> bool:
    return "session" in morsel.key


def _transport(value: str) -> int:
    age = re.search(r"max-age=(\d+)", value)
    if not age or int(age[1]) < HALF_A_YEAR:
        return -20
    return 5 if "includeSubDomains" in value and "preload" in value else 0


def _scripts(page: str) -> int:
    """Scripts of one's own need no hash."""
    found = re.findall(r"<script[^>]*src=\"([^\"]*)\"", page)
    return -50 if any(re.match(r"(https?:)?//", source) for source in found) else 0


def _frames(named: dict[str, str]) -> int:
    return 0 if named.get("x-frame-options", "").upper() in ("DENY", "SAMEORIGIN") else -20
