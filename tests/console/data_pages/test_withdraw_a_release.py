"""Reading what was loaded and what was set aside of it, withdrawing a release and putting it back."""

import pytest
from django.test import Client

from tests.console.data_pages.make import UNION, load, signed_in, text
from tests.console.personal import SCRIPT, reveal
from tests.make import make_auditor, make_person
from tests.workers.rolls import make_csv, make_download
from workers.contract import Call
from workers.florida_data.process import process
from workers.florida_data.upload import upload
from workers.warehouse.models import Release, ReleaseAct

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)


def test_releases_are_listed_and_narrowed(rita):
    nal, sdf = load(), load(file_type="SDF")

    assert all(one.release in text(rita.get("/console/data/releases")) for one in (nal, sdf))
    narrowed = text(rita.get("/console/data/releases", {"county": UNION, "type": "SDF", "state": "loaded"}))
    assert sdf.release in narrowed
    assert nal.release not in narrowed
    assert "Show all" in text(rita.get("/console/data/releases", {"year": "1999"}))


def load_with_quarantine():
    content = make_csv("SDF").replace(b"\r\n", b"\r\nEVIL <b>,ROW\r\n", 1)
    processed = process.run(Call(), {"download": make_download(content, "SDF"), "level": "permissive"})
    upload.run(Call(), {"processed": processed})
    return Release.objects.get()


def test_a_release_shows_the_rows_that_were_set_aside_and_why(rita, bob):
    release = load_with_quarantine()

    address = f"/console/data/releases/{release.pk}"
    page = rita.get(address)

    assert "wrong number of cells" in text(page)
    assert "EVIL" not in text(page)
    assert "EVIL <b>,ROW" in text(reveal(rita, address, headers=SCRIPT))
    assert "<b>" not in page.content.decode()
    assert "wrong number of cells" in text(bob.get(f"/console/data/releases/{release.pk}"))
    assert "EVIL" not in text(bob.get(f"/console/data/releases/{release.pk}"))


def test_a_quarantine_that_is_gone_or_was_never_kept_is_said(rita):
    release = load_with_quarantine()
    gone = release.quarantine | {"$dataset": release.quarantine["$dataset"] + "x"}

    for reference, words in ((gone, "cannot be read"), (None, "not kept")):
        Release.objects.update(quarantine=reference)
        assert words in text(rita.get(f"/console/data/releases/{release.pk}"))


def act(browser, release, verb, **form):
    return browser.post(f"/console/data/releases/{release.pk}/{verb}", {"reason": "wrong", "confirmed": "on"} | form)


def state(release):
    return Release.objects.get(pk=release.pk).state


def test_a_release_is_withdrawn_with_a_reason_and_put_back(rita):
    old, new = load(), load(stage="F")

    assert old.release in text(rita.get(f"/console/data/releases/{new.pk}"))  # what readers would see instead
    withdrawn = act(rita, new, "withdraw", reason="the county's mistake")
    page = text(rita.get(withdrawn["Location"]))

    assert (state(old), state(new)) == ("loaded", "withdrawn")
    assert "the county's mistake" in page
    assert f"Current is now {old.release}" in page
    act(rita, new, "restore", reason="no mistake")
    assert (state(old), state(new)) == ("superseded", "loaded")
    assert [one.who for one in ReleaseAct.objects.all()] == ["rita", "rita"]


@pytest.mark.parametrize("form", [{"reason": " "}, {"confirmed": ""}], ids=["no reason", "not confirmed"])
def test_nothing_is_withdrawn_without_reason_and_confirmation(rita, form):
    release = load()

    assert act(rita, release, "withdraw", **form).status_code == 422
    assert state(release) == "loaded"


def test_who_comes_second_is_told_how_it_is_now(rita):
    release = load()
    act(rita, release, "withdraw")

    response = act(rita, release, "withdraw")

    assert response.status_code == 409
    assert "it is withdrawn" in text(response)
    assert act(rita, release, "restore").status_code == 302
    assert act(rita, release, "restore").status_code == 409


@pytest.mark.parametrize("verb", ["withdraw", "restore"])
def test_nobody_withdraws_or_puts_back_without_the_permission(bob, verb):
    release = load()
    staff = signed_in(make_auditor("sam"))
    stranger = signed_in(make_person("eve"), "withdraw_release")  # who may not open the console at all

    for browser in (bob, staff, stranger):
        assert act(browser, release, verb).status_code == 403
        assert ">Withdraw<" not in browser.get(f"/console/data/releases/{release.pk}").content.decode()
    assert Client().post(f"/console/data/releases/{release.pk}/{verb}").status_code == 302
    assert state(release) == "loaded"


def test_acts_are_posts(rita):
    release = load()

    assert rita.get(f"/console/data/releases/{release.pk}/withdraw").status_code == 405


@pytest.mark.parametrize("address", ["", "/coverage", "/releases", "/releases/1", "/parcels/73/current/P1"])
def test_the_pages_are_for_those_who_may_open_the_console(address):
    path = f"/console/data{address}"

    assert Client().get(path)["Location"] == f"/console/login?next={path}"
    assert signed_in(make_person("eve")).get(path).status_code == 403
