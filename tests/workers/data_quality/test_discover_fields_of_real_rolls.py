"""discover_fields: what it tells of the real rolls of Broward, where they are at hand."""

import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from tests.workers.data_quality.profiling import discover, fields
from workers.data_quality.profiles import looks
from workers.roll_columns import NAL, Kind

pytestmark = pytest.mark.usefixtures("place")
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "dor"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the real rolls are not here")


@real
def test_the_types_told_of_the_real_nal_fit_its_columns() -> None:
    profile = json.loads((REAL / "nal16p2025_first100_field_profile.json").read_text())["field_details"]
    columns = {}
    for name, one in profile.items():  # its tool made real numbers of whole ones that have gaps
        values = [
            value.removesuffix(".0") if one["data_type"] == "float64" else value for value in one["sample_values"]
        ]
        columns[name] = pl.Series(values + [None] * (5 - len(values)), dtype=pl.String)

    found = fields(discover(pl.DataFrame(columns)))

    whole: set[looks.Looks] = {"integer", "boolean", "empty"}
    numbers = (Kind.MONEY, Kind.SIGNED, Kind.INTEGER, Kind.YEAR)
    fits: dict[Kind, frozenset[looks.Looks] | set[looks.Looks]]
    fits = {**dict.fromkeys(numbers, whole), Kind.DECIMAL: whole | {"decimal"}}
    misfits = {
        c.name: found[c.name]["looks"] for c in NAL if found[c.name]["looks"] not in fits.get(c.kind, looks.WORDS)
    }
    assert misfits == {}
    assert [c.name for c in NAL if c.kind is Kind.TEXT and found[c.name]["looks"] in looks.NUMBERS] == []


@real
@pytest.mark.parametrize("file", ["NAP16P202501.head1000.csv", "NAP16P202501.odd-bytes.csv"])
def test_the_real_nap_is_profiled(file: str) -> None:
    frame = pl.read_csv(REAL / file, infer_schema=False)

    found = discover(frame)

    assert ["ACCT_ID"] in found["keys"]
    told = fields(found)
    assert {told[name]["looks"] for name in ("JV_TOTAL", "TAX_VAL", "EXMPT_VAL")} == {"integer"}
    assert told["OWN_NAM"]["looks"] == "text"
    assert "FIDU_NAME" in found["empty"]
    constants = {one["column"]: one["value"] for one in found["constants"]}
    assert constants.items() >= {"CO_NO": "16", "ASMNT_YR": "2025", "TS_ID": "14B1"}.items()
    assert not set(frame["OWN_NAM"]) & set(json.dumps(found["fields"], ensure_ascii=False).split('"'))


@real
def test_the_whole_real_sdf_of_broward_is_profiled() -> None:
    with zipfile.ZipFile(REAL / "broward_sdf_2025.zip") as archive:
        frame = pl.read_csv(archive.read("SDF16P202501.csv"), infer_schema=False)

    found = discover(frame)

    told = fields(found)
    assert found["rows"] == 95_332
    assert ["PARCEL_ID", "SALE_ID_CD"] in found["keys"]
    assert ["PARCEL_ID"] not in found["keys"]
    assert found["empty"] == ["CENSUS_BK", "OR_BOOK", "OR_PAGE"]
    assert {name: told[name]["looks"] for name in ("DOR_UC", "QUAL_CD", "SALE_MO", "SALE_PRC", "MKT_AR")} == {
        "DOR_UC": "code", "QUAL_CD": "code", "SALE_MO": "code", "SALE_PRC": "integer", "MKT_AR": "text",
    }  # fmt: skip
    assert (told["DOR_UC"]["distinct"], told["SALE_PRC"]["greatest"]) == (57, 221_000_000)
    assert told["CLERK_NO"]["filled"] == 1
