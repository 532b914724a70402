"""What attackers type into fields, and how to see in an answer that it worked."""

import re

import httpx2

MARKUP = "zq'\"><img src=x onerror=alert(7)></textarea><script>alert(7)</script>"
TEMPLATE = "{{7*191}}${7*191}#{7*191}<%= 7*191 %>{% debug %}{{ settings.SECRET_KEY }}"
SQL = ["' OR '1'='1' --", "1); DROP TABLE operations_operation; --", "0 UNION SELECT version(), 1 --", "%' ESCAPE '!"]
HEADER = "x\r\nX-Injected: yes\r\n\r\n<script>alert(7)</script>"
PATHS = ["../../../../../etc/passwd", "file:///etc/passwd", "..\\..\\windows\\win.ini"]
ELSEWHERE = ["//evil.example/", "https://evil.example\\@127.0.0.1", "javascript:alert(7)"]
NUMBERS = ["-1", "99999999999999999999", "1e400", "NaN", "0x10", "\u0661"]
TIMES = ["0001-01-01", "9999-12-31T23:59:59-12:00", "2026-99-99"]
TEXTS = ["", "a\0b", "\ud800", "A" * 400, "\u202egnp.exe", '{"$ne": null}', "[" * 200, "[]", "null"]
ALL = [MARKUP, TEMPLATE, *SQL, HEADER, *PATHS, *ELSEWHERE, *NUMBERS, *TIMES, *TEXTS]

SIGNS = {
    "markup": re.compile(r"<img src=x onerror|</textarea><script>|<script>alert"),
    "a template": re.compile(r"\b1337\b"),
    "a database's error": re.compile(r"(?i)syntax error at or near|unrecognized token|sqlite3\.|psycopg|SQLSTATE"),
    "a file": re.compile(r"root:[x*]:0:0|\[fonts\]"),
    "a traceback": re.compile(r"Traceback \(most recent call last\)|DEBUG = True"),
}


def harm(answer: httpx2.Response) -> list[str]:
    """What an attack achieved, in words."""
    found = [f"{what} came through" for what, sign in SIGNS.items() if sign.search(answer.text)]
    if answer.status_code >= 500:
        found.append(f"answered {answer.status_code}")
    if "x-injected" in answer.headers:
        found.append("a header came through")
    goes_to = answer.headers.get("location", "")
    if re.match(r"(?i)(https?:)?[\\/]{2}(?!127\.0\.0\.1)|javascript:|https?:(?!//127\.0\.0\.1)", goes_to):
        found.append(f"sends on to {goes_to}")
    return found
