"""A person at a browser, by way of Django's test client: signing in, and what an authenticator app would show."""

import re
import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP

from concord.people import crypt
from concord.people.models import Totp
from tests.make import make_reviewer

PASSWORD = "a long enough pass phrase"
LOGIN, CODE, ENROL = "/console/login", "/console/login/code", "/console/login/enrol"
ACCOUNT = "/console/account"
HOME = "/console/escalations"


def make_rita(name: str = "rita") -> User:
    person = make_reviewer(name)
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(browser: Client, name: str = "rita", password: str = PASSWORD, **more: Any) -> Any:
    return browser.post(LOGIN, {"username": name, "password": password}, **more)


def is_in(browser: Client) -> bool:
    return browser.get(HOME).status_code == 200


def found(pattern: str, page: Any) -> str:
    """What the first group of ``pattern`` is on the page."""
    match = re.search(pattern, page.content.decode())
    assert match, pattern
    return match[1]


def app_code(user: User, steps: int = 0) -> str:
    """What the person's app shows; ``steps`` before or after now."""
    app = TOTP(crypt.decrypt(Totp.objects.get(user=user).secret), drift=steps)
    app.time = time.time()
    return f"{app.token():06}"


def enrol(browser: Client, user: User, path: str = f"{ACCOUNT}/totp") -> list[str]:
    """Enrol an authenticator. Returns the recovery codes that the page shows."""
    browser.get(path)
    page = browser.post(path, {"code": app_code(user, -1)})
    assert page.status_code == 200, page["Location"]
    return re.findall(r"<code>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>", page.content.decode())
