"""Addresses of the pages about one parcel or account. An id may hold slashes, spaces and dots: each is encoded."""

from urllib.parse import quote

from django.urls import reverse

CURRENT = "current"
FOLDERS = {"NAL": "parcels", "SDF": "parcels", "NAP": "accounts"}


def address_of(kind: str, county_no: int, identity: str, year: int | str = CURRENT) -> str:
    """The page of the parcel (NAL, SDF) or account (NAP) with this id."""
    return f"{reverse('data:search')}/{FOLDERS[kind]}/{county_no}/{year}/{quote(identity, safe='')}"
