"""verify: the rows at the source, processed, quarantined and loaded are the same rows."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from django.db import connections

from tests.workers.rolls import make_csv, make_download
from workers import counties
from workers.contract import Call, InvalidParameters
from workers.florida_data.counting import BLOCK_BYTES, count_records
from workers.florida_data.process import process
from workers.florida_data.upload import upload
from workers.florida_data.verify import verify

pytestmark = pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)


REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "dor"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the real rolls are not here")


def make_branch(content, file_type="SDF", **release):
    """What the steps of a branch answered: the arguments of verify."""
    downloaded = make_download(content, file_type, **release)
    processed = process.run(Call(), {"download": downloaded, "level": "permissive"})
    uploaded = upload.run(Call(), {"processed": processed})
    return {"downloaded": downloaded, "processed": processed, "uploaded": uploaded}


@pytest.mark.parametrize("file_type", ["NAL", "SDF", "NAP"])
def test_the_counts_of_a_good_roll_agree(file_type):
    branch = make_branch(make_csv(file_type), file_type)

    verified = verify.run(Call(), branch)

    assert verified["agree"] is True
    assert verified["rows_source"] == verified["rows_loaded"] == branch["processed"]["rows_read"] > 0
    assert verified["rows_quarantined"] == 0


def test_rows_in_the_quarantine_are_accounted_for():
    branch = make_branch(make_csv("NAL", parcels=500, flawed=True), "NAL")

    verified = verify.run(Call(), branch)

    assert verified["rows_quarantined"] == branch["processed"]["rows_quarantined"] > 0
    assert verified["rows_loaded"] == 500 - verified["rows_quarantined"]
    assert (verified["rows_source"], verified["agree"]) == (500, True)


def test_rows_that_vanished_from_the_table_are_told():
    branch = make_branch(make_csv("SDF"))
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("DELETE FROM sdf WHERE parcel_id = (SELECT min(parcel_id) FROM sdf_current)")

    verified = verify.run(Call(), branch)

    assert verified["agree"] is False
    assert verified["rows_loaded"] < verified["rows_processed"]
    assert f"{verified['rows_processed']} rows were processed" in verified["detail"]


def test_rows_that_process_lost_are_told():
    branch = make_branch(make_csv("SDF"))
    branch["processed"]["rows_processed"] -= 1

    verified = verify.run(Call(), branch)

    assert verified["agree"] is False
    assert "the source has" in verified["detail"]


def test_results_of_another_release_are_refused():
    branch = make_branch(make_csv("SDF"))
    other = make_branch(make_csv("SDF", seed=2))

    with pytest.raises(InvalidParameters, match="uploaded: it is of"):
        verify.run(Call(), branch | {"uploaded": other["uploaded"]})


def other_parcel(content):
    """The first sale is of a parcel that nobody has."""
    head, first, rest = content.split(b"\r\n", 2)
    cells = first.split(b",")
    return b"\r\n".join([head, b",".join([cells[0], b'"0000NOBODY"', *cells[2:]]), rest])


@pytest.mark.parametrize("last", ["NAL", "SDF"])
def test_a_sale_of_a_parcel_that_is_not_loaded_is_told_by_whichever_came_last(last):
    contents = {"NAL": make_csv("NAL"), "SDF": other_parcel(make_csv("SDF"))}
    first = make_branch(contents.pop("SDF" if last == "NAL" else "NAL"), "SDF" if last == "NAL" else "NAL")
    alone = verify.run(Call(), first)

    together = verify.run(Call(), make_branch(contents[last], last))

    assert (alone["sales_without_parcel"], alone["unknown_parcels"]) == (None, [])
    assert (together["sales_without_parcel"], together["unknown_parcels"]) == (1, ["0000NOBODY"])
    assert "the parcel of 1 sales is not in NAL-73-2025P-01-" in together["detail"]
    assert together["agree"] is True


def test_sales_and_parcels_that_fit_say_so():
    make_branch(make_csv("NAL"), "NAL")

    verified = verify.run(Call(), make_branch(make_csv("SDF")))

    assert (verified["sales_without_parcel"], verified["unknown_parcels"]) == (0, [])


def test_sales_of_parcels_that_were_set_aside_are_counted_and_asked_of_nobody():
    make_branch(make_csv("NAL", parcels=500, flawed=True), "NAL")

    verified = verify.run(Call(), make_branch(other_parcel(make_csv("SDF", parcels=500))))

    assert verified["sales_without_parcel"] == 1
    assert verified["unknown_parcels"] == []


def test_rolls_of_two_submissions_or_years_are_not_held_against_each_other():
    make_branch(make_csv("NAL"), "NAL")
    make_branch(make_csv("NAL", year=2024), "NAL", year=2024)
    sales = make_csv("SDF")
    submission = sales.split(b"\r\n")[1].split(b",")[-3]

    verified = verify.run(Call(), make_branch(other_parcel(sales).replace(submission, b'"FFFF"')))

    assert (verified["sales_without_parcel"], verified["unknown_parcels"]) == (None, [])


HEADER = b"A,B,C\r\n"


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (HEADER, 0),
        (b"", 0),
        (HEADER + b"1,2,3\r\n4,5,6\r\n", 2),
        (HEADER + b"1,2,3\r\n4,5,6", 2),
        (HEADER + b"1,2,3\r\n\r\n4,5,6\r\n", 2),
        (HEADER + b'1,"a\r\n\r\nb",3\r\n4,5,6\r\n', 2),
        (HEADER + b'1,"a ""quoted"" name\r\n",3\r\n4,5,6\r\n', 2),
        (HEADER + b'1,O"BRIEN,3\r\n4,5,6\r\n7,8,9\r\n', 3),
        (HEADER + b'1,"never closed,3\r\n' + b"4,5,6\r\n" * 40, 41),
        (HEADER + b'1,O"BRIEN,3\r\n4,5,6\r\n7,"x\ny",9\r\n', 3),
    ],
    ids=[
        "header only", "empty", "plain", "no last newline", "blank line", "newlines in quotes", "doubled quotes",
        "stray quote", "unclosed quote", "stray quote before a long row",
    ],
)  # fmt: skip
def test_rows_are_counted_by_the_rules_of_csv(content, rows):
    assert count_records(Call(), io.BytesIO(content)) == rows


@pytest.mark.parametrize("shift", range(0, 60, 7))
def test_a_row_of_several_lines_is_one_row_wherever_it_stands_in_a_large_file(shift):
    plain, long = b"1,2,3\r\n", b'1,"' + b"x\r\n" * 15 + b'",3\r\n'
    before = (BLOCK_BYTES - shift) // len(plain)
    content = HEADER + plain * before + long + plain * 5 + b"\r\n" + plain * 20

    assert count_records(Call(), io.BytesIO(content)) == before + 1 + 5 + 20


@real
def test_all_real_sales_of_broward_are_loaded_once():
    with zipfile.ZipFile(REAL / "broward_sdf_2025.zip") as archive:
        branch = make_branch(archive.read("SDF16P202501.csv"), "SDF", county=counties.find("Broward"))

    verified = verify.run(Call(), branch)
    again = upload.run(Call(), {"processed": branch["processed"]})

    assert (verified["rows_source"], verified["rows_loaded"], verified["agree"]) == (95_332, 95_332, True)
    assert again["already_loaded"] is True
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT count(*), sum(sale_prc) FROM sdf_current")
        [(rows, dollars)] = cursor.fetchall()
    assert (rows, dollars) == (95_332, sum_of_prices())


def sum_of_prices():
    with zipfile.ZipFile(REAL / "broward_sdf_2025.zip") as archive:
        lines = archive.read("SDF16P202501.csv").decode().splitlines()
    return sum(int(row["SALE_PRC"]) for row in csv.DictReader(lines))


@real
@pytest.mark.parametrize("name", ["NAP16P202501.head1000.csv", "NAP16P202501.odd-bytes.csv"])
def test_real_accounts_are_loaded_without_losing_a_character(name):
    content = (REAL / name).read_bytes()
    branch = make_branch(content, "NAP", county=counties.find("Broward"))

    verified = verify.run(Call(), branch)

    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert (verified["rows_loaded"], verified["agree"]) == (len(rows), True)
    columns = ["ACCT_ID", "OWN_NAM", "OWN_ADDR", "OWN_CITY", "OWN_ZIPCD", "PHY_ADDR", "TAX_AUTH_CD", "EXMPT"]
    with connections["warehouse"].cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM nap_current")
        loaded = {tuple(cell or "" for cell in row) for row in cursor.fetchall()}
    assert loaded == {tuple(row[column] for column in columns) for row in rows}
