"""What people fill in on the pages about the property data."""

from typing import Any

from django import forms

from operations.access import may_see_owners
from workers import counties
from workers.counties import COUNTIES, UnknownCounty

SHORTEST = 2
BY = {"id": "parcel or account id", "address": "site address", "owner": "owner"}


class SearchForm(forms.Form):
    """A search. Only those who may see owners can search by them."""

    q = forms.CharField(max_length=100, strip=False)
    by = forms.ChoiceField(choices=list(BY.items()), required=False)
    county = forms.CharField(max_length=40, required=False)
    anywhere = forms.BooleanField(required=False)
    after = forms.CharField(required=False)

    def __init__(self, user: Any, data: Any) -> None:
        super().__init__(data)
        self.offered = [(name, words) for name, words in BY.items() if name != "owner" or may_see_owners(user)]
        self.fields["by"].choices = self.offered  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        if len(text.strip()) < SHORTEST:
            raise forms.ValidationError(f"Give at least {SHORTEST} characters of what you look for.")
        return text

    def clean_county(self) -> int | None:
        try:
            return counties.find(self.cleaned_data["county"]).no if self.cleaned_data["county"].strip() else None
        except UnknownCounty as error:
            raise forms.ValidationError(f"{error}.") from error


class ReasonForm(forms.Form):
    """Why a release is withdrawn or put back, and that one means it."""

    reason = forms.CharField(max_length=1000, error_messages={"required": "Say why: others will want to know."})
    confirmed = forms.BooleanField(error_messages={"required": "Tick the box if you mean it."})


CHOICES = [(str(county.no), county.name) for county in COUNTIES]
