"""What is installed is what was looked at: every package, also those that others bring, has one exact version."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# Needs Java, or is large: installed where it is used. And setuptools comes with the virtual environment.
ELSEWHERE = {"pyspark", "setuptools", "xllamacpp"}


def pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)] == []
    pins = [line.split("==") for line in lines]
    assert len({canonicalize_name(name) for name, _ in pins}) == len(pins)
    return {canonicalize_name(name): version for name, version in pins}


def asked_for() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]


def tree(requirement: Requirement, seen: set[str]) -> Iterator[str]:
    """The names of the package and of all that it brings on this machine."""
    name = canonicalize_name(requirement.name)
    key = f"{name}{sorted(requirement.extras)}"
    if key in seen:
        return
    seen.add(key)
    yield name
    try:
        needs = distribution(name).requires or []
    except PackageNotFoundError:
        assert name in ELSEWHERE, name
        return
    for need in map(Requirement, needs):
        if any(not need.marker or need.marker.evaluate({"extra": extra}) for extra in (*requirement.extras, "")):
            yield from tree(need, seen)


def test_every_package_and_all_that_it_brings_has_one_exact_version_and_that_is_installed() -> None:
    pins, seen = pinned(), set[str]()

    names = {name for requirement in map(Requirement, asked_for()) for name in tree(requirement, seen)}

    assert sorted(names - pins.keys() - ELSEWHERE) == []
    assert {name for name in names - ELSEWHERE if distribution(name).version != pins[name]} == set()


def test_only_what_is_asked_for_is_pinned_where_it_is_installed() -> None:
    """A pin that nothing brings any more would be audited for nothing."""
    seen = set[str]()
    names = {name for requirement in map(Requirement, asked_for()) for name in tree(requirement, seen)}

    assert len(pinned().keys() - names) < 8, sorted(pinned().keys() - names)
