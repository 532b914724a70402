"""Reading what `GET /metrics` says."""

from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from concord.metrics import folding
from concord.metrics.process import figures
from tests.api.conftest import Caller


def collected(caller: Caller) -> dict[str, float]:
    """Every sample, by its name and the values of its labels, these in the order of their names.

    All that has happened is added up before.
    """
    folding.fold(timezone.now(), seconds=60)
    return told(caller)


def told(caller: Caller) -> dict[str, float]:
    """Every sample, as it is told without adding up anything first."""
    figures.send()
    response = caller.get("/metrics")
    assert response.status_code == 200, response.content
    families = text_string_to_metric_families(response.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}
