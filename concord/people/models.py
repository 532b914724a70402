"""What is kept of people's log-ins, beside Django's accounts."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django_otp.models import Device, TimestampMixin


class SessionManager(BaseSessionManager):
    use_in_migrations = True


class Session(AbstractBaseSession):
    """A browser's session. ``expire_date`` is its absolute end, ``last_used`` what its idle end counts from."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="sessions", db_index=True
    )
    last_used = models.DateTimeField(default=timezone.now)

    objects = SessionManager()  # type: ignore[misc]  # the stubs have an instance's

    class Meta:
        db_table = "people_session"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from concord.people.session_store import SessionStore

        return SessionStore


class Tries(models.Model):
    """How often something was tried, by what it is counted for. ``due`` is when all tries are free again.

    It is a digest, since people type passwords into the field of the name.
    """

    counted_for = models.CharField(max_length=64, primary_key=True)
    due = models.FloatField(default=0, db_index=True)

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self) -> str:
        return f"tries of {self.counted_for[:8]}"


class Totp(TimestampMixin, Device):
    """A person's authenticator app. It is ``confirmed`` once a code of it was seen."""

    secret = models.TextField(help_text="encrypted")
    last_step = models.BigIntegerField(default=-1)  # of the newest code that was taken: none is taken twice

    class Meta:
        verbose_name = "authenticator"
        constraints = [models.UniqueConstraint(fields=["user"], name="one_totp_each")]

    def __str__(self) -> str:
        return f"authenticator of {self.user}"


class RecoveryCode(models.Model):
    """A code that stands in, once, for one of the lost authenticator."""

    totp = models.ForeignKey(Totp, models.CASCADE, related_name="recovery_codes")
    salt = models.CharField(max_length=32)
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "recovery code"

    def __str__(self) -> str:
        return f"recovery code of {self.totp.user}"


class Identity(models.Model):
    """Who an account is at the provider of the single sign-on."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255, help_text="The provider, as OIDC_ISSUER has it.")
    subject = models.CharField(max_length=255, help_text="The person's sub there.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "identity at the single sign-on"
        verbose_name_plural = "identities at the single sign-on"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_account_each_identity")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"
