"""The sample looks like the Division's files, oddities included, and the same options give the same bytes."""

import io
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.workers.sunbiz.make import in_warehouse, rows, sync
from workers import datasets
from workers.sunbiz import archives
from workers.sunbiz.layouts import CORPORATIONS
from workers.sunbiz.sample.files import Sample


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_sample_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        Sample(entities=200, days=1, seed=seed).write(tmp_path / name)

    one, two, three = (files(tmp_path / name) for name in ("one", "two", "three"))
    assert one == two
    assert one.keys() == three.keys()
    assert all(one[name] != three[name] for name in one)


def test_the_quarter_is_ten_files_of_crlf_records_by_last_digit_in_deflate64(tmp_path):
    Sample(entities=200, days=0).write(tmp_path)
    path = tmp_path / "Quarterly" / "Cor" / "cordata.zip"

    with zipfile.ZipFile(path) as archive:
        assert {info.compress_type for info in archive.infolist()} == {archives.DEFLATE64}
    for digit, member in enumerate(archives.members(path, path.name)):
        with archives.opened(path, path.name, member.name) as stream:
            content = stream.read()
        records = content.split(b"\r\n")
        assert records.pop() == b""
        assert (member.name, len(records)) == (f"cordata{digit}.txt", 20)
        assert {len(record) for record in records} == {1440}
        assert {record[11:12] for record in records} == {str(digit).encode()}
        assert content.isascii()


def test_a_day_has_lf_records_with_nuls_odd_bytes_and_blank_states(tmp_path):
    Sample(entities=1000, days=1, new_per_day=300, changed_per_day=300).write(tmp_path)

    content = (tmp_path / "cor" / "20250702c.txt").read_bytes()

    records = content.split(b"\n")[:-1]
    assert {len(record) for record in records} == {1440}
    assert {record[1436:] for record in records} == {b"\0\0\0\0"}
    assert {CORPORATIONS.unpack(record)["principal_state"] for record in records} == {"  "}
    assert b"\xa0" in content
    assert b"\t" in content
    assert "MUÑOZAL".encode() in content
    with pytest.raises(UnicodeDecodeError):
        content.decode()


def test_a_large_sample_made_in_chunks_has_the_same_entities_as_a_small_one(tmp_path, monkeypatch):
    Sample(entities=21, days=0).write(tmp_path / "whole")
    monkeypatch.setattr("workers.sunbiz.sample.files.CHUNK", 2)
    Sample(entities=21, days=0).write(tmp_path / "chunks")

    assert files(tmp_path / "whole") == files(tmp_path / "chunks")


def test_the_command_writes_files_and_names_them(tmp_path):
    out = io.StringIO()

    call_command("make_sample_sunbiz", entities=50, days=1, new=5, changed=5, out=tmp_path, stdout=out)

    assert len(out.getvalue().splitlines()) == len(files(tmp_path)) == 5
    with pytest.raises(CommandError, match="--entities: at least 1"):
        call_command("make_sample_sunbiz", entities=0, out=tmp_path)


class TestLoaded:
    pytestmark = in_warehouse

    def test_the_standard_sample_shows_every_kind_of_thing(self):
        synced = sync(source="sample")

        assert (synced["failed"], synced["rows_quarantined"]) == ([], 1)
        assert synced["names_changed"] > 10
        assert synced["statuses_changed"] > 10
        assert rows("SELECT count(*) FROM sunbiz_entity") == [(2280,)]
        assert rows("SELECT count(*) FROM sunbiz_fictitious_name") == [(125,)]
        assert rows("SELECT count(*) FROM sunbiz_fictitious_name WHERE name LIKE '%CAFÉ%'") == [(3,)]
        assert rows("SELECT count(*) FROM sunbiz_former_name")[0][0] > 50
        [aside] = [datasets.read(file["quarantine"]) for file in synced["files"] if file["quarantine"]]
        assert aside["reasons"].to_list() == [["700 bytes where 1440 were expected"]]
