"""Analysts' rules in the admin: written, tried on a sample, switched on and off, in versions."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.make import make_person
from tests.workers.data_quality.rule_texts import as_yaml, make_rule
from tests.workers.rolls import UNION, make_dataset, make_processed
from workers import datasets
from workers.contract import Call
from workers.data_quality.validate import validate
from workers.florida_data.upload import upload
from workers.warehouse.quality_rules import QualityRule

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"])
PATH = "/admin/workers/qualityrule/"
CHEAP = {"kind": "range", "column": "SALE_PRC", "most": 0}


@pytest.fixture
def analyst():
    person = make_person("ann", is_staff=True)
    person.user_permissions.add(*Permission.objects.filter(content_type__model="qualityrule"))
    browser = Client()
    browser.force_login(person)
    return browser


def write(browser, **fields):
    return browser.post(f"{PATH}add/", {"text": as_yaml(make_rule(**fields))})


def act(browser, rule, what, **fields):
    return browser.post(f"{PATH}{rule.pk}/trial/", {"act": what, **fields}, follow=True)


def history(rule):
    return [(one.kind, one.who) for one in rule.acts.order_by("pk")]


def names_asked(roll):
    fields = {name: roll[name] for name in ("dataset", "file_type", "county_no", "year", "stage")}
    return {found["rule"]: found for found in validate.run(Call(), fields)["rules"]}


def test_a_rule_is_written_tried_and_switched_on_and_then_asked(analyst):
    roll = make_processed(file_type="SDF")
    upload.run(Call(), {"processed": roll})

    answer = write(analyst, name="cheap", check=CHEAP)
    rule = QualityRule.objects.get()
    assert answer.headers["Location"] == f"{PATH}{rule.pk}/trial/"
    too_early = act(analyst, rule, "on").content.decode()
    tried = act(analyst, rule, "try", source="sdf_current", county_no=UNION.no, rows=5).content.decode()
    assert "cheap" not in names_asked(roll)
    act(analyst, rule, "on")

    assert "Try it on a sample first." in too_early
    assert "of 5 break it (5 rows)" in tried
    assert "sale_prc: <code>" in tried
    asked = names_asked(roll)["cheap"]
    assert (asked["source"], asked["version"]) == ("admin", "1")
    assert asked["violations"] > 0
    assert history(rule) == [("tried", "ann"), ("on", "ann")]


def test_a_rule_that_fails_its_tests_cannot_be_switched_on(analyst):
    write(analyst, tests=[{"breaks": [{"SALE_PRC": 5}]}])
    rule = QualityRule.objects.get()
    dataset = make_dataset(datasets.read(make_processed()["dataset"]), "sample")

    tried = act(analyst, rule, "try", source=dataset["$dataset"], rows=10).content.decode()
    answer = act(analyst, rule, "on").content.decode()

    assert "0 of 10 break it" in tried
    assert "tests.0: breaks: the rule does not find" in answer
    assert "It fails its own tests" in answer
    assert QualityRule.objects.get().active is False


def test_another_text_is_another_version_and_the_old_one_stays_in_force_until_it_is_switched(analyst):
    dataset = make_dataset(datasets.read(make_processed()["dataset"]), "sample")["$dataset"]
    write(analyst, name="cheap", check=CHEAP)
    first = QualityRule.objects.get()
    act(analyst, first, "try", source=dataset, rows=10)
    act(analyst, first, "on")

    changed = as_yaml(make_rule("cheap", check=CHEAP, level=1))
    analyst.post(f"{PATH}{first.pk}/change/", {"text": changed})
    second = QualityRule.objects.get(version=2)
    before = QualityRule.objects.get(active=True)
    act(analyst, second, "try", source=dataset, rows=10)
    act(analyst, second, "on")

    assert before == first
    assert QualityRule.objects.get(active=True) == second
    assert "level: 3" in QualityRule.objects.get(pk=first.pk).text
    assert history(first) == [("tried", "ann"), ("on", "ann"), ("off", "ann")]


def test_what_is_switched_off_is_kept_with_its_history_and_can_be_switched_on_again(analyst):
    roll = make_processed()
    write(analyst, name="cheap", check=CHEAP)
    rule = QualityRule.objects.get()
    act(analyst, rule, "try", source=roll["dataset"]["$dataset"], rows=10)
    act(analyst, rule, "on")

    analyst.post(PATH, {"action": "switch_off", "_selected_action": [rule.pk]})
    off = names_asked(roll)
    act(analyst, rule, "on")

    assert "cheap" not in off
    assert "cheap" in names_asked(roll)
    assert [kind for kind, _ in history(rule)] == ["tried", "on", "off", "on"]
    assert analyst.post(f"{PATH}{rule.pk}/delete/", {"post": "yes"}).status_code == 403
    page = analyst.get(f"{PATH}{rule.pk}/change/").content.decode()
    assert "switched off" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"severity": "fatal"}, "rule price-known, severity: "),
        ({"check": {"kind": "sql"}}, "rule price-known, check: "),
        ({"check": {"kind": "pattern", "column": "A", "pattern": "("}}, "check.pattern: "),
        ({"name": "sdf.unique"}, "a built-in rule has this name"),
    ],
)
def test_a_mistake_is_said_where_it_is_written(analyst, fields, said):
    page = write(analyst, **fields).content.decode()

    assert said in page
    assert not QualityRule.objects.exists()


def test_hostile_text_is_refused(analyst):
    page = analyst.post(f"{PATH}add/", {"text": "!!python/object/apply:os.getcwd []"}).content.decode()

    assert "tags such as" in page
    assert not QualityRule.objects.exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("workers_release", "has no data table"),
        ("auth_user", "has no data table"),
        ("file:///etc/passwd", "lies outside DATA_URL"),
        ("nap_current", "have no column"),
    ],
)
def test_a_sample_that_cannot_be_tried_is_said_to_be_so(analyst, source, said):
    write(analyst)
    rule = QualityRule.objects.get()

    answer = act(analyst, rule, "try", source=source, rows=10)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert history(rule) == []


def test_a_lookup_is_tried_on_one_county(analyst):
    upload.run(Call(), {"processed": make_processed(file_type="SDF")})
    upload.run(Call(), {"processed": make_processed(file_type="NAL")})
    write(analyst, check={"kind": "exists_in", "columns": ["PARCEL_ID"], "dataset": "NAL"})
    rule = QualityRule.objects.get()

    everywhere = act(analyst, rule, "try", source="sdf_current", rows=5).content.decode()
    there = act(analyst, rule, "try", source="sdf_current", county_no=UNION.no, rows=5).content.decode()

    assert "is tried on one county" in everywhere
    assert "0 of 5 break it" in there


def test_examples_show_no_name(analyst):
    upload.run(Call(), {"processed": make_processed(file_type="NAP")})
    write(analyst, dataset="NAP", check={"kind": "in_list", "column": "OWN_NAM", "values": ["nobody"]})

    page = act(analyst, QualityRule.objects.get(), "try", source="nap_current", rows=5).content.decode()

    assert "characters)</code>" in page
    with_names = datasets.read(make_processed(file_type="NAP")["dataset"])["OWN_NAM"].drop_nulls()
    assert not any(name in page for name in with_names)


def test_staff_who_may_only_look_can_neither_try_nor_switch(analyst):
    write(analyst)
    rule = QualityRule.objects.get()
    looker = make_person("len", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_qualityrule"))
    browser = Client()
    browser.force_login(looker)

    assert browser.get(PATH).status_code == 200
    assert browser.get(f"{PATH}{rule.pk}/trial/").status_code == 403
    assert act(browser, rule, "on").status_code == 403
    assert Client().get(f"{PATH}{rule.pk}/trial/").status_code == 302
