"""The pages about the property data in real browsers: on a phone, and without scripts."""

import polars as pl
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Permission, User
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

from tests.browser.conftest import CHROMIUM, DRIVER
from tests.make import make_reviewer
from tests.workers.rolls import make_dataset, make_processed
from workers import datasets
from workers.contract import Call
from workers.florida_data.upload import upload
from workers.warehouse import releases
from workers.warehouse.models import Release

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "warehouse"], transaction=True),
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver"),
]


def load(**fields) -> Release:
    """A release of Union County whose first parcel has nothing but long values."""
    processed = make_processed(file_type="NAL", **fields)
    frame = datasets.read(processed["dataset"]).with_row_index("row")
    texts = {"PARCEL_ID": "9/" * 13, "OWN_NAME": "W" * 50, "PHY_ADDR1": "M" * 40, "S_LEGAL": "W" * 30}
    first = [pl.when(pl.col("row") == 0).then(pl.lit(text)).otherwise(pl.col(name)) for name, text in texts.items()]
    frame = frame.with_columns(one.alias(name) for name, one in zip(texts, first, strict=True)).drop("row")
    processed["dataset"] = make_dataset(frame, processed["release"])
    upload.run(Call(), {"processed": processed})
    return Release.objects.get(release=processed["release"])


def permit(name: str) -> User:
    person = User.objects.get(username=name)
    person.user_permissions.add(*Permission.objects.filter(codename__in=["withdraw_release", "see_owners"]))
    return person


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_a_phone_or_a_window(rita, width):
    permit("rita")
    release, newer = load(), load(stage="F", seed=2)
    Release.objects.filter(pk=newer.pk).update(
        rows_quarantined=1, quarantine_reasons={"y" * 300: 1}, quarantine=make_quarantine()
    )
    releases.withdraw(release=newer, who="rita", reason="z" * 300)
    metrics = {"height": 812, "deviceScaleFactor": 1, "mobile": True}
    rita.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics | {"width": width})

    for path in (
        "/console/data",
        "/console/data?q=mmm&by=address",
        "/console/data?q=nowhere",
        f"/console/data/parcels/73/current/{'9%2F' * 13}",
        "/console/data/releases",
        f"/console/data/releases/{release.pk}",
        f"/console/data/releases/{newer.pk}",
        "/console/data/coverage",
    ):
        rita.open(path)
        assert rita.text("h1"), path
        assert rita.execute_script("return document.documentElement.scrollWidth") <= width, path


def make_quarantine() -> datasets.Dataset:
    rows = {"line": [2], "reasons": [["y" * 300]], "raw": [b"x" * 3000]}
    return make_dataset(pl.DataFrame(rows), "quarantine")


def test_without_scripts_one_finds_a_parcel_and_withdraws_its_release(plain):
    make_reviewer("vera")
    vera = permit("vera")
    # The site knows the real hashers only; the tests' quick one is not among them.
    vera.password = PBKDF2PasswordHasher().encode("secret", "a-grain-of-salt-and-more")
    vera.save()
    release = load()

    plain.open("/console/data")
    plain.find_element(By.ID, "id_username").send_keys("vera")
    plain.find_element(By.ID, "id_password").send_keys("secret", Keys.ENTER)
    plain.find_element(By.NAME, "q").send_keys("9/" * 13, Keys.ENTER)
    plain.find_element(By.CSS_SELECTOR, "#found .row-link").click()
    plain.find_element(By.CSS_SELECTOR, ".facts a").click()
    plain.find_element(By.ID, "id_reason").send_keys("wrong values")
    plain.find_element(By.NAME, "confirmed").click()
    plain.find_element(By.ID, "act").click()

    assert "Withdrawn. Current is now no release" in plain.find_element(By.CSS_SELECTOR, ".note").text
    release.refresh_from_db()
    assert release.state == "withdrawn"
