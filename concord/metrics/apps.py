from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "concord.metrics"
    label = "metrics"

    def ready(self) -> None:
        from concord.metrics import folding  # noqa: F401 it listens to the sweeper's rounds
