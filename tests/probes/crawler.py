"""A crawler that finds what a page lets its reader send, and sends something else."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx2

TOKEN = "csrfmiddlewaretoken"
# Files, and what would end the crawl, since it takes away who crawls.
PASSED_OVER = re.compile(r"/static/|/docs|/schema|.*/(logout|delete|sessions/end|password)(/|$)")
ROWS = re.compile(r"(?<=/)(\d+|(?:op|esc)-[\w-]+|plant|away)(?=/|$)")


@dataclass(frozen=True)
class Form:
    """Something that can be sent: an address, and the names with what they have at first."""

    method: str
    action: str
    fields: tuple[tuple[str, str], ...]
    page: str = ""

    @property
    def names(self) -> list[str]:
        """What an attacker may write into."""
        return [name for name, _ in self.fields if name != TOKEN]

    def with_value(self, value: str, *names: str) -> "Form":
        """The form with this value in these fields; the others keep what they have."""
        changed = [(own, value if own in names else kept) for own, kept in self.fields]
        return Form(self.method, self.action, tuple(changed), self.page)

    def and_also(self, other: "Form") -> "Form":
        """The form with the fields of another one for the same address, too."""
        return Form(self.method, self.action, tuple((dict(other.fields) | dict(self.fields)).items()), self.page)


class Page(HTMLParser):
    """The links and the forms of a page."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._method = self._action = ""
        self._fields: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        for name in ("href", "hx-get"):
            if given.get(name):
                self.links.append(urljoin(self.address, given[name]))
        if post := given.get("hx-post"):
            self.forms.append(Form("POST", urljoin(self.address, post), ((TOKEN, ""),), self.address))
        if tag == "form":
            self._method = given.get("method", "get").upper()
            self._action = urljoin(self.address, given.get("action", ""))
            self._fields = []
        elif tag in ("input", "select", "textarea", "button") and given.get("name"):
            self._fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._action:
            self.forms.append(Form(self._method, self._action, tuple(dict(self._fields).items()), self.address))
            self._action = ""


@dataclass
class Crawler:
    """Walks through all pages that one person can reach, each kind of address once."""

    caller: httpx2.Client
    forms: dict[tuple[str, str], Form] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    token: str = ""

    def walk(self, addresses: Iterable[str], most: int = 400) -> None:
        waiting = list(addresses)
        while waiting and len(self.seen) < most:
            address = waiting.pop(0)
            parts = urlsplit(address)
            kind = f"{shape(parts.path)}?{','.join(sorted(dict(parse_qsl(parts.query))))}"
            if kind in self.seen or not self._is_ours(address):
                continue
            self.seen.add(kind)
            waiting += self._read(address)

    def send(self, form: Form) -> httpx2.Response:
        if form.method == "GET":
            return self.caller.get(f"{urlsplit(form.action).path}?{urlencode(form.fields, errors='surrogatepass')}")
        fields = dict(form.fields) | {TOKEN: self.token}
        return self.caller.post(
            form.action, content=urlencode(fields, errors="surrogatepass"), headers=self._headers(form)
        )

    def _headers(self, form: Form) -> dict[str, str]:
        origin = str(self.caller.base_url).rstrip("/")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return kind | {"Origin": origin, "Referer": f"{origin}{form.page}", "X-CSRFToken": self.token}

    def _read(self, address: str) -> list[str]:
        """Note the page's forms, and give its links. A query is a form too."""
        answer = self.caller.get(address)
        assert answer.status_code < 500, address
        if "text/html" not in answer.headers.get("content-type", ""):
            return []
        if token := re.search(rf'{TOKEN}" value="([^"]+)"', answer.text):
            self.token = token[1]
        page = Page(address, answer.text)
        for form in [*page.forms, *_queries([address, *page.links])]:
            if self._is_ours(form.action) and form.names:
                kind = (form.method, shape(urlsplit(form.action).path))
                self.forms[kind] = self.forms.get(kind, form).and_also(form)
        return page.links

    def _is_ours(self, address: str) -> bool:
        parts = urlsplit(address)
        return not parts.netloc and parts.path.startswith("/") and not PASSED_OVER.match(parts.path)


def shape(path: str) -> str:
    """Paths of one shape differ only by the row that they are about."""
    return ROWS.sub("#", path)


def _queries(addresses: list[str]) -> Iterator[Form]:
    for address in addresses:
        parts = urlsplit(address)
        if parts.query:
            yield Form("GET", parts.path, tuple(dict(parse_qsl(parts.query, keep_blank_values=True)).items()))
