"""Single sign-on by OpenID Connect: mozilla-django-oidc's flow (state, nonce, PKCE), held to more than it asks itself.

It does not look at the audience and the issuer of a token, finds accounts by e-mail, and takes its addresses from
settings. Here a token must be for us, from OIDC_ISSUER, signed, and not too old; an account goes by the provider's own
id of the person; the addresses are discovered; and who is in no group of OIDC_GROUPS stays outside.
"""
