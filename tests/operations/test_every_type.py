"""An operation type is complete: what a type has, every type has."""

import pytest
from django.contrib.auth.models import Permission

from operations.comparison import samples
from operations.planning import rules, types
from operations.starting.kinds import OFFERS
from operations.states import OperationType

PLANNED_BY_RULES = set(OperationType.values) - {OperationType.CUSTOM}  # a goal or steps of one's own have no template


def test_every_type_says_what_it_may_be_given():
    assert set(types.CHECKS) == set(OperationType.values)


def test_every_type_has_a_template_and_what_is_assumed():
    assert set(rules.TEMPLATES) == set(rules.DEFAULTS) == PLANNED_BY_RULES


def test_every_type_has_a_form_in_the_console():
    assert set(OFFERS) == set(OperationType.values)


@pytest.mark.parametrize("operation_type", OperationType.values)
def test_every_type_has_a_sample_that_it_accepts(operation_type, settings):
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"  # a goal in words takes a model; nobody asks it here
    for parameters in samples.sample(operation_type):
        types.check(operation_type, parameters)


@pytest.mark.django_db
@pytest.mark.parametrize("operation_type", OperationType.values)
def test_every_type_can_be_permitted(operation_type):

    assert Permission.objects.filter(content_type__app_label="operations", codename=f"start_{operation_type}").exists()
