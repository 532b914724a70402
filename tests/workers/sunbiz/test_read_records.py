"""Records are bytes of fixed width: each is read as it stands, whatever its file's line ends and encodings."""

import io

import polars as pl
import pytest

from tests.workers.sunbiz.make import REAL, entity, fictitious, real_data, text
from workers.sunbiz.layouts import CORPORATIONS, EVENTS, FICTITIOUS, LAYOUTS
from workers.sunbiz.records import read_chunks
from workers.sunbiz.rows import decode, read_rows


def chunks(content, layout=CORPORATIONS, count=10):
    return list(read_chunks(io.BytesIO(content), layout, count))


def records(content, layout=CORPORATIONS, count=10):
    return [record for chunk in chunks(content, layout, count) for record in chunk.records]


def lines(content, count=10):
    return [line for chunk in chunks(content, count=count) for line in chunk.lines]


def broken(content, count=10):
    return [(line, reason) for chunk in chunks(content, count=count) for line, _, reason in chunk.broken]


def real_records():
    return (REAL / "20230929c.head1200.txt").read_bytes().split(b"\n")[:-1]


@real_data
def test_every_field_of_a_real_record_written_back_gives_the_record():
    for record in real_records():
        assert CORPORATIONS.pack(CORPORATIONS.unpack(record)) == record


@real_data
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_real_file_is_read_record_by_record(end):
    content = text(real_records(), end)

    assert records(content, count=500) == real_records()
    assert lines(content, count=500) == list(range(1, 1201))
    assert broken(content, count=500) == []


@real_data
def test_persons_names_in_real_records_begin_where_the_layout_says():
    [chunk] = chunks(text(real_records()), count=2000)

    officers = read_rows(chunk, CORPORATIONS).group
    assert officers is not None
    people = officers.filter(pl.col("type") == "P")

    assert people.height > 1500
    assert people.filter(pl.col("first_name").is_null()).height < 10
    assert people.filter(pl.col("middle_initial").str.len_chars() > 1).is_empty()
    assert people.filter(pl.col("last_name").is_null()).is_empty()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_bytes_of_any_kind_come_back_as_they_were(layout):
    record = bytes(number * 37 % 256 for number in range(layout.width))

    assert layout.pack(layout.unpack(record)) == record


def test_the_layouts_have_the_widths_and_places_of_the_divisions_description():
    places = {at.name: at.start + 1 for layout in LAYOUTS.values() for at in layout.slices if layout != EVENTS}

    assert (CORPORATIONS.width, EVENTS.width, FICTITIOUS.width) == (1440, 662, 2098)
    assert (places["status"], places["officer_1_title"], places["officer_6_title"], places["filler"]) == (
        352,
        669,
        1309,
        1437,
    )
    assert (places["agent_name"], places["owner_1_name"], places["owner_2_number"]) == (545, 401, 560)


def test_a_text_too_wide_for_its_field_is_refused_by_name():
    with pytest.raises(ValueError, match="status: 2 bytes where 1 fit"):
        entity(status="AI")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("count", [5, 6, 100])
def test_a_file_is_the_same_in_chunks_of_any_size(end, count):
    wanted = [entity(number) for number in range(23)]

    assert records(text(wanted, end), count=count) == wanted
    assert records(text(wanted, end).removesuffix(end), count=count) == wanted


def test_a_source_that_gives_few_bytes_at_a_time_is_read_to_its_end():
    class Trickle(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 999))

    wanted = [entity(number) for number in range(12)]

    found = [record for chunk in read_chunks(Trickle(text(wanted)), CORPORATIONS, 10) for record in chunk.records]

    assert found == wanted


def test_a_cut_record_is_set_aside_and_the_next_ones_are_read():
    content = text([entity(1), entity(2)[:700], entity(3)], b"\r\n")

    assert records(content) == [entity(1), entity(3)]
    assert broken(content) == [(2, "700 bytes where 1440 were expected")]


def test_a_record_on_two_lines_is_one_record():
    split = fictitious(2)[:250] + b"\r\n" + fictitious(2)[250:]
    content = text([fictitious(1), split, fictitious(3)], b"\r\n")

    assert records(content, FICTITIOUS) == [fictitious(1), fictitious(2), fictitious(3)]
    assert [chunk.lines for chunk in chunks(content, FICTITIOUS)] == [[1, 2, 4]]


def test_a_line_end_within_the_width_belongs_to_the_record():
    within = entity(2)[:300] + b"\n" + entity(2)[301:]
    content = text([entity(1), within, entity(3)])

    assert records(content) == [entity(1), within, entity(3)]
    assert lines(content) == [1, 2, 4]


def test_records_that_lost_their_filler_are_read():
    content = text([entity(1)[:1436], entity(2)[:1436]])

    assert records(content) == [entity(1), entity(2)]


def test_blank_lines_are_nothing():
    content = b"\r\n" + text([entity(1)], b"\r\n") + b"\r\n\r\n" + text([entity(2)], b"\r\n")

    assert (records(content), broken(content)) == ([entity(1), entity(2)], [])
    assert lines(content) == [2, 5]


def test_a_page_instead_of_records_is_set_aside_as_a_whole():
    assert broken(b"<html><body>Service unavailable</body></html>") == [(1, "45 bytes where 1440 were expected")]


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (b"ACME LLC    ", "ACME LLC"),
        ("ORDOÑEZ".encode(), "ORDOÑEZ"),
        (b"ACME LLC\xa0   ", "ACME LLC"),
        (b"JOE\x92S CAF\xc9 ", "JOE\u2019S CAFÉ"),
        (b"18 30TH \t  ", "18 30TH"),
        (b"A\x00B ", "A B"),
        (b"            ", None),
        (b"\x00\x00\x00\x00", None),
    ],
)
def test_a_field_is_read_in_whichever_encoding_it_is(content, read):
    assert decode(content, len(content)) == read


def test_a_character_cut_by_the_end_of_its_field_is_left_out():
    content = "SÃO MARLIÑ".encode()

    assert decode(content[:-1], len(content) - 1) == "SÃO MARLI"


def test_odd_records_are_read_as_plain_ones_are():
    odd = entity(2, name="CAFÉ HERON LLC", officer_1_type="P", officer_1_name="MUÑOZAL".ljust(19) + "BEATRIX")
    [chunk] = chunks(text([entity(1), odd, entity(3)]))

    rows = read_rows(chunk, CORPORATIONS)

    assert rows.head["line"].to_list() == [1, 2, 3]
    assert rows.head["name"].to_list() == ["HERON HOLDINGS LLC", "CAFÉ HERON LLC", "HERON HOLDINGS LLC"]
    assert rows.group is not None
    assert rows.group.select("line", "position", "last_name", "first_name").rows() == [(2, 1, "MUÑOZAL", "BEATRIX")]
