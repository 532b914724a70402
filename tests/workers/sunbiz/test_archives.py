"""Zips of records are read whatever they are compressed by; one that is damaged fails by name."""

import base64
import zipfile
import zlib

import pytest

from tests.workers.sunbiz.make import entity, put_zip, rows, sync, text
from workers.sunbiz import archives
from workers.sunbiz.archives import DEFLATE64, UnreadableFile

# A text at a distance and after a length that Deflate does not have, compressed by 7-Zip as Deflate64.
FAR_APART = b"MANGROVE CHARTER 8421" + b"A" * 40_000 + b"MANGROVE CHARTER 8421"
COMPRESSED = zlib.decompress(
    base64.b64decode(
        b"eNp7em8jZ4OBAMOB0E1NSYm/PS64taqn/A/c5CDGUT75jvT9ufXrn1YpRZ8tkvstZiPXf/zxx4qBpvJZL4fcYQAAdUhjjQ=="
    )
)


class Ready:
    """A compressor whose work was done elsewhere."""

    def compress(self, data):
        return b""

    def flush(self):
        return COMPRESSED


def deflate64(path, content=FAR_APART, compressor=None, member="cordata1.txt"):
    """A zip with one member of Deflate64: codes without matches are the same in both kinds of Deflate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo(member, (2025, 7, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w") as target:
            vars(target)["_compressor"] = compressor or zlib.compressobj(6, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
            info.compress_type = DEFLATE64
            target.write(content)
    return path


def read(path):
    [member] = archives.members(path, path.name)
    with archives.opened(path, path.name, member.name) as stream:
        return stream.read()


def test_what_only_deflate64_can_say_is_read(tmp_path):
    path = deflate64(tmp_path / "far.zip", compressor=Ready())

    with pytest.raises(zlib.error):
        zlib.decompress(COMPRESSED, -15)
    with pytest.raises(NotImplementedError), zipfile.ZipFile(path) as archive:
        archive.read("cordata1.txt")
    assert read(path) == FAR_APART


def test_a_size_or_content_other_than_the_zip_says_is_damage(tmp_path):
    path = deflate64(tmp_path / "damaged.zip", FAR_APART[:-1] + b"X", Ready())

    with pytest.raises(UnreadableFile, match=r"damaged\.zip is a damaged zip: .*CRC"):
        read(path)


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, DEFLATE64])
def test_a_zip_cut_in_its_data_fails_by_name(tmp_path, kind):
    content = bytes(number * number % 251 for number in range(50_000))
    path = deflate64(tmp_path / "cut.zip", content)
    broken = bytearray(path.read_bytes())
    broken[2000:9000] = b"\xff" * 7000
    if kind == zipfile.ZIP_DEFLATED:
        broken = broken.replace(b"\x09\x00\x00\x00\xe1\x5a", b"\x08\x00\x00\x00\xe1\x5a")
    path.write_bytes(broken)

    with pytest.raises(UnreadableFile, match=r"cut\.zip is a damaged zip"):
        read(path)


def test_something_else_named_zip_fails_by_name(tmp_path):
    path = tmp_path / "cordata.zip"
    path.write_bytes(b"<html>")

    with pytest.raises(UnreadableFile, match=r"cordata\.zip is a damaged zip"):
        archives.members(path, path.name)


@pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)
@pytest.mark.usefixtures("warehouse")
def test_a_quarter_of_several_files_is_loaded_file_by_file_and_other_texts_are_left(place):
    members = {f"cordata{digit}.txt": text([entity(10 + digit)], b"\r\n") for digit in range(10)}
    put_zip(place, "cordata.zip", members | {"README.txt": b"about"})

    synced = sync()

    assert [file["member"] for file in synced["files"]] == [f"cordata{digit}.txt" for digit in range(10)]
    assert {file["as_of"] for file in synced["files"]} == {"2025-07-01"}
    assert rows("SELECT count(*) FROM sunbiz_entity") == [(10,)]


@pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)
@pytest.mark.usefixtures("warehouse")
def test_a_quarter_compressed_by_deflate64_is_loaded(place):
    deflate64(place / "inbox" / "cordata.zip", text([entity(number * 10 + 1) for number in range(500)], b"\r\n"))

    assert sync()["rows_inserted"] == 500


@pytest.mark.django_db(databases=["default", "warehouse"], transaction=True)
@pytest.mark.usefixtures("warehouse")
def test_one_damaged_zip_does_not_keep_the_others_from_being_loaded(place):
    (place / "inbox").mkdir()
    (place / "inbox" / "corevent.zip").write_bytes(b"PK not a zip")
    put_zip(place, "cordata.zip", {"cordata1.txt": text([entity(1)])})

    synced = sync()

    assert synced["rows_inserted"] == 1
    [failed] = synced["failed"]
    assert failed["name"] == "corevent.zip"
    assert "damaged zip" in failed["error"]
