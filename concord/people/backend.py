"""Who somebody is: by a name and a password, or by what the single sign-on's callback brings (AUTHENTICATION_BACKENDS).

One backend for both, since Django takes the rights of accounts from each of them, and asks which where there are two.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from concord.people.oidc.backend import OidcBackend


class Backend(ModelBackend):
    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        nonce: str = "",
        code_verifier: str = "",
    ) -> Any:
        if nonce or code_verifier:
            return OidcBackend().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        return super().authenticate(request, username, password)
