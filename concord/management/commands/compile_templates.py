"""`manage.py compile_templates`: a template that does not compile is found here, not by a user."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template import Engine, TemplateSyntaxError
from django.template.loader import get_template


class Command(BaseCommand):
    help = "Compile every template of the project, and name those that do not."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        names = [name for folder in Engine.get_default().dirs for name in template_names(Path(folder))]
        broken = [problem for name in names if (problem := compile_problem(name))]
        if broken:
            raise CommandError("\n".join(broken))
        self.stdout.write(f"Templates that compile: {len(names)}.")


def template_names(folder: Path) -> list[str]:
    """The names under which Django finds the files of ``folder``."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def compile_problem(name: str) -> str:
    """Why the template does not compile, or nothing."""
    try:
        get_template(name)
    except TemplateSyntaxError as error:
        return f"{name}: {error}"
    return ""
