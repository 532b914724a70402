"""An OpenID Connect provider for tests: real HTTP, a real RS256 key, codes that are good once, and PKCE.

What a test wants it to do wrong, it says in ``lies``: claims that are put over the true ones.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "concord", "the-secret-of-the-client-is-long-enough"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(ThreadingHTTPServer):
    """Lets ``person`` in, whoever asks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}/realm"
        self.person: dict[str, Any] = {"sub": "248289761001", "preferred_username": "rita", "groups": ["property-desk"]}
        self.lies: dict[str, Any] = {}
        self.algorithm, self.signing_key = "RS256", KEY
        self.userinfo: dict[str, Any] | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []

    def authorize(self, url: str) -> str:
        """What a browser does at the provider: sign in there, and be sent back. Returns where to."""
        answer = requests.get(url, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce} | self.person
        claims = {name: value for name, value in (claims | self.lies).items() if value is not None}
        key: Any = {"none": None, "HS256": SECRET}.get(self.algorithm, self.signing_key)
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": "one"})


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        match url.path:
            case "/realm/.well-known/openid-configuration":
                self.say(200, self.description())
            case "/realm/jwks":
                self.say(200, {"keys": [{**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "one"}]})
            case "/realm/authorize":
                self.authorize({name: values[0] for name, values in parse_qs(url.query).items()})
            case "/realm/userinfo":
                self.say(200, self.server.userinfo)
            case _:
                self.say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        kept = self.server.codes.pop(sent.get("code", ""), None)
        is_good = (
            kept
            and (sent["client_id"], sent["client_secret"]) == (CLIENT, SECRET)
            and sent["redirect_uri"] == kept["redirect_uri"]
            and _challenge(sent["code_verifier"]) == kept["code_challenge"]
        )
        if not is_good or not kept:
            self.say(400, {"error": "invalid_grant"})
        else:
            token = self.server.id_token(kept.get("nonce", ""))
            self.say(200, {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token})

    def description(self) -> dict[str, Any]:
        at = self.server.issuer
        addresses = {"authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token"}
        addresses |= {"jwks_uri": f"{at}/jwks"} | (
            {"userinfo_endpoint": f"{at}/userinfo"} if self.server.userinfo else {}
        )
        return {"issuer": at, "token_endpoint_auth_methods_supported": ["client_secret_post"], **addresses}

    def authorize(self, asked: dict[str, str]) -> None:
        self.server.asked.append(asked)
        code = secrets.token_urlsafe(8)
        self.server.codes[code] = asked
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?code={code}&state={asked['state']}")
        self.end_headers()

    def say(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Provider]:
    """A provider that answers inside the block."""
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
