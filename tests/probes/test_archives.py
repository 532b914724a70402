"""Zips that attack who opens them, in the inbox of both workers that read zips: refused by name, or read as data."""

import io
import resource
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.workers.conftest import place
from tests.workers.roll_files import make_sales, run
from tests.workers.sunbiz.conftest import warehouse
from tests.workers.sunbiz.make import entity, rows, sync, text
from tests.workers.sunbiz.test_archives import deflate64
from workers.contract import ActionError

__all__ = ["place", "warehouse"]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "warehouse"])

MEGABYTE = 2**20
MOST_MEMORY = 300 * MEGABYTE  # that reading a bomb may cost
ROLL, RECORDS = "SDF16P202501.csv", "cordata1.txt"
Maker = Callable[[str, bytes], bytes]


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def patched(archive: bytes, local: int, central: int, value: bytes) -> bytes:
    """The zip with ``value`` at these places of the headers of its member."""
    changed = bytearray(archive)
    for sign, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", central)):
        at = archive.index(sign) + offset
        changed[at : at + len(value)] = value
    return bytes(changed)


def link(name: str, content: bytes) -> bytes:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return zipped((info, b"/etc/passwd"))


def overlapping(name: str, content: bytes) -> bytes:
    """Two members that are the same bytes of the file."""
    whole = zipped((name, content))
    central, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entry = whole[central:end]
    other = entry.replace(name.encode(), name.replace("1.", "2.", 1).encode())
    tail = bytearray(whole[end:])
    tail[8:12] = b"\x02\x00\x02\x00"
    tail[12:16] = (len(entry) * 2).to_bytes(4, "little")
    return whole[:central] + entry + other + bytes(tail)


HOSTILE: dict[str, Maker] = {
    "encrypted": lambda name, content: patched(zipped((name, content)), 6, 8, b"\x01\x00"),
    "a method that does not exist": lambda name, content: patched(zipped((name, content)), 8, 10, b"\x63\x00"),
    "a zip in a zip": lambda name, content: zipped((f"{name}.zip", zipped((name, content)))),
    "a link": link,
    "said to be small": lambda name, content: patched(zipped((name, content)), 22, 24, b"\x04\x00\x00\x00"),
    "said to be 4 GB": lambda name, content: patched(zipped((name, content)), 22, 24, b"\xfe\xff\xff\xff"),
    "packed to nothing": lambda name, content: patched(zipped((name, content)), 18, 20, b"\x00\x00\x00\x00"),
    "overlapping": overlapping,
    "seventy thousand others": lambda name, content: zipped(*((f"{n}.exe", b"") for n in range(70_000))),
    "a name without end": lambda name, content: zipped(("A" * 60_000 + ".pdf", content)),
    "a name that moves the cursor": lambda name, content: zipped((f"\x1b[2J\r\n{name}\x07.pdf", content)),
    "a cut end": lambda name, content: zipped((name, content))[:-30],
    "an end alone": lambda name, content: b"PK\x05\x06" + b"\0" * 18,
}
READ = {"said to be 4 GB", "overlapping"}  # by sunbiz: the one record that is in them, once
OUTSIDE = {"absolute": "/tmp/escaped/{}", "above": "../../../escaped/{}", "windows": "..\\..\\escaped\\{}"}


def download(folder: Path, archive: bytes) -> dict[str, object]:
    """Put the zip into the inbox, and fetch it as a step does."""
    path = folder / "inbox" / "Broward Preliminary SDF 2025.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive)
    [found] = run("discover", source="inbox", counties=["Broward"], file_types=["SDF"])["files"]
    return run("download", file=found)


def processed(folder: Path, archive: bytes) -> dict[str, object]:
    """The same, and read: a link is a text there, and no roll."""
    return run("process", download=download(folder, archive))


def refusal(action: Callable[[], object]) -> str:
    """What a worker says of what it does not take."""
    with pytest.raises(ActionError) as refused:
        action()
    return str(refused.value)


def files_outside(folder: Path) -> list[Path]:
    return [
        path for path in (*folder.parent.rglob("escaped*"), Path("/tmp/escaped"), Path("/escaped")) if path.exists()
    ]


@pytest.mark.parametrize("kind", HOSTILE)
def test_florida_data_refuses_it_and_says_which_file(place: Path, kind: str) -> None:
    said = refusal(lambda: processed(place, HOSTILE[kind](ROLL, make_sales({}))))

    assert "SDF" in said
    assert len(said) < 2_000
    assert "\x1b" not in said


# Of these two the records come out whole, and a size that is only claimed costs nothing.
HARMLESS_TO_SUNBIZ = {"overlapping", "said to be 4 GB"}


@pytest.mark.parametrize("kind", sorted(HOSTILE.keys() - HARMLESS_TO_SUNBIZ))
def test_sunbiz_sets_it_aside_and_says_which_file(place: Path, warehouse: None, kind: str) -> None:
    folder = place / "inbox"
    folder.mkdir()
    (folder / "cordata.zip").write_bytes(HOSTILE[kind](RECORDS, text([entity(1)])))

    said = refusal(sync) if kind not in READ else str(sync())

    assert "cordata" in said
    assert len(said) < 3_000
    assert rows("SELECT count(*) FROM sunbiz_entity") == [(1 if kind in READ else 0,)]


@pytest.mark.parametrize("kind", OUTSIDE)
def test_the_name_of_a_member_is_no_place_to_write(place: Path, warehouse: None, kind: str) -> None:
    inside = place / "inbox"
    inside.mkdir()
    (inside / "cordata.zip").write_bytes(zipped((OUTSIDE[kind].format(RECORDS), text([entity(1)]))))
    sync()

    with suppress(ActionError):
        download(place, zipped((OUTSIDE[kind].format(ROLL), make_sales({}))))

    assert files_outside(place) == []


def test_a_bomb_is_refused_by_its_size_before_it_is_unpacked(place: Path, settings: Settings) -> None:
    settings.FLORIDA_MAX_ROLL_BYTES = MEGABYTE
    bomb = zipped((ROLL, b"0" * 64 * MEGABYTE))
    assert len(bomb) < 100_000

    with pytest.raises(ActionError, match="more than the 1,048,576 that FLORIDA_MAX_ROLL_BYTES allows"):
        download(place, bomb)


def test_a_bomb_of_deflate64_is_unpacked_a_little_at_a_time(place: Path, warehouse: None) -> None:
    (place / "inbox").mkdir()
    deflate64(place / "inbox" / "cordata.zip", b"\0" * 256 * MEGABYTE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    assert "cordata" in refusal(sync)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < MOST_MEMORY
