from django.apps import AppConfig


class ConcordConfig(AppConfig):
    name = "concord"

    def ready(self) -> None:
        from concord import audited, revoking  # noqa: F401 they listen to log-ins and to changes of accounts
        from concord.forgetting import daily  # noqa: F401 it listens to the sweeper's rounds
