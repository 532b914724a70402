"""What is downloaded is a file with a name of ours, is no page, and runs nothing in a spreadsheet."""

import csv

import pytest

from tests.make import make_operation, make_person
from tests.probes.conftest import Target
from tests.probes.crawler import TOKEN, Crawler

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

FORMULAS = ["=cmd|' /C calc'!A0", '=HYPERLINK("https://evil.example")', "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_the_audit_trail_opens_in_a_spreadsheet_without_running_anything(target: Target, formula: str) -> None:
    root = target.person(make_person(formula, is_staff=True, is_superuser=True))
    crawler = Crawler(root)
    crawler.walk(["/console/account"], most=1)
    operation = make_operation()
    done = root.post(
        f"/console/operations/{operation.pk}/cancel", data={TOKEN: crawler.token}, headers={"Origin": target.url}
    )
    assert done.status_code == 302

    export = root.get("/console/audit/export?format=csv")

    cells = [cell for row in csv.reader(export.text.splitlines(keepends=True)) for cell in row]
    assert f"'{formula}" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert export.headers["content-disposition"].startswith('attachment; filename="audit-')
    assert export.headers["content-type"].startswith("text/csv")
    assert export.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in export.headers["cache-control"]


def test_no_answer_takes_the_kind_or_the_name_of_its_file_from_the_address(target: Target) -> None:
    program = target.program()
    for path in ("/schema", "/docs", "/operations"):
        answer = program.get(f'{path}?format=html&filename=evil.html&callback=alert"x')
        assert "evil.html" not in str(answer.headers)
        assert "alert" not in answer.text.replace("alert%22x", "").replace("alert\\u0022x", "")


XML = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">'
    b'<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&x;&b;</a>'
)


@pytest.mark.parametrize("kind", ["application/xml", "text/xml", "application/soap+xml", "image/svg+xml", "text/html"])
def test_xml_is_taken_nowhere(target: Target, kind: str) -> None:
    operation = make_operation()
    program, root = target.program(), target.administrator()
    paths = ["/operations", "/workers", "/escalations/x/decide", f"/operations/{operation.pk}/cancel"]

    answers = [program.post(path, content=XML, headers={"Content-Type": kind}) for path in paths]
    pages = [
        root.post(path, content=XML, headers={"Content-Type": kind}) for path in ("/console/login", "/console/theme")
    ]

    assert [answer.status_code for answer in answers[:2]] == [415, 415]
    assert answers[2].status_code in (404, 415)
    assert {page.status_code for page in pages} == {403}
    assert all("root:" not in answer.text and "aaaaaaaaaaaaaaa" not in answer.text for answer in [*answers, *pages])
