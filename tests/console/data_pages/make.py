"""Releases of Union County in the warehouse, and browsers that read the pages of its data."""

import html

import polars as pl
from django.contrib.auth.models import Permission
from django.test import Client

from tests.workers.rolls import make_dataset, make_processed
from workers import counties, datasets
from workers.contract import Call
from workers.florida_data.upload import upload
from workers.warehouse.models import Release

UNION = counties.find("Union").no


def signed_in(person, *codenames):
    person.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(person)
    return browser


def load(rows=None, file_type="NAL", **fields):
    """Load a release of Union County; ``rows`` change its first rows, each a dictionary of columns."""
    processed = make_processed(file_type=file_type, **fields)
    frame = datasets.read(processed["dataset"]).to_dicts()
    for row, changes in zip(frame, rows or [], strict=False):
        row.update(changes)
    schema = datasets.read(processed["dataset"]).schema
    name = f"{processed['release']}-{len(frame)}"
    processed["dataset"] = make_dataset(pl.DataFrame(frame, schema=schema), name)
    upload.run(Call(), {"processed": processed})
    return Release.objects.get(release=processed["release"])


def text(response):
    return html.unescape(response.content.decode())
