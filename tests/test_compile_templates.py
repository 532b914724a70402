"""`manage.py compile_templates` finds the template that a user would otherwise find."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def templates(tmp_path, settings):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    return tmp_path


def test_a_broken_template_is_named_with_its_reason(templates):
    (templates / "console").mkdir()
    (templates / "console" / "queue.html").write_text("{% if escalation %}")
    (templates / "fine.html").write_text("{{ escalation.pk }}")
    with pytest.raises(CommandError, match=r"^console/queue\.html: .*if.*$"):
        call_command("compile_templates")


def test_good_templates_are_counted(templates):
    (templates / "fine.html").write_text("{{ escalation.pk }}")
    output = StringIO()
    call_command("compile_templates", stdout=output)
    assert output.getvalue() == "Templates that compile: 1.\n"
