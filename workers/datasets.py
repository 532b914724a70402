"""Dataset references: how workers hand on large data. Each is an immutable Parquet file beneath ``DATA_URL``.

A reference is a small JSON object, ``{"$dataset": url, "rows", "bytes", "sha256", "schema"}``; the rows never pass
through the orchestrator. Files are written under a temporary name and moved, so that a reader sees all or nothing,
and their names are derived from what they hold: whoever makes one a second time finds it already there.
"""

import contextlib
import hashlib
import posixpath
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import fsspec
import polars as pl
from django.conf import settings
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from workers.contract import InvalidParameters

ABANDONED_AFTER = 86_400  # seconds; no work lasts longer than an operation may

Dataset = TypedDict("Dataset", {"$dataset": str, "rows": int, "bytes": int, "sha256": str, "schema": dict[str, str]})


def url_of(name: str) -> str:
    """The URL of the file ``name`` (a relative path) beneath ``DATA_URL``."""
    return checked(f"{settings.DATA_URL.rstrip('/')}/{name}")


def checked(url: str, field: str = "$dataset") -> str:
    """``url`` itself if it lies beneath ``DATA_URL``; otherwise `InvalidParameters` that names ``field``."""
    if "::" in url:  # fsspec would go on to what comes behind it
        raise InvalidParameters(f"{field}: {url!r} lies outside DATA_URL", field=field)
    try:
        same_store = _way(url) == _way(settings.DATA_URL)
    except (ValueError, ImportError) as error:
        raise InvalidParameters(f"{field}: {url!r} is not a URL that can be read here", field=field) from error
    if not same_store or not _is_beneath(url):
        raise InvalidParameters(f"{field}: {url!r} lies outside DATA_URL", field=field)
    return url


def _way(url: str) -> tuple[Any, Any]:
    """What opens ``url``, and with what, such as a host. It is not made for that: some call their host at once."""
    kind = fsspec.get_filesystem_class(fsspec.core.split_protocol(url)[0] or "file")
    return kind, kind._get_kwargs_from_urls(url)


def _is_beneath(url: str) -> bool:
    root, path = (posixpath.normpath(fsspec.core.url_to_fs(one)[1]) for one in (settings.DATA_URL, url))
    return path.startswith(root.rstrip("/") + "/")


def exists(url: str) -> bool:
    """Whether there is a file at ``url``."""
    fs, path = fsspec.core.url_to_fs(checked(url))
    return bool(fs.isfile(path))


@contextlib.contextmanager
def opened(url: str, field: str = "$dataset") -> Iterator[IO[bytes]]:
    """The file at ``url``, open for reading bytes. Raises `InvalidParameters` if it is not there."""
    fs, path = fsspec.core.url_to_fs(checked(url, field))
    try:
        file = fs.open(path, "rb")
    except FileNotFoundError as error:
        raise InvalidParameters(f"{field}: there is no file at {url}", field=field) from error
    with file:
        yield file


@contextlib.contextmanager
def local_copy(url: str, field: str = "$dataset") -> Iterator[Path]:
    """A local path with the bytes at ``url``: the file itself if it is local, else a copy that goes away again."""
    fs, path = fsspec.core.url_to_fs(checked(url, field))
    if not fs.isfile(path):
        raise InvalidParameters(f"{field}: there is no file at {url}", field=field)
    if _is_local(fs):
        yield Path(path)
        return
    with workspace() as folder:
        copy = folder / posixpath.basename(path)
        fs.get_file(path, str(copy))
        yield copy


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A folder for work in progress that goes away again, on the disk of ``DATA_URL`` if that is a local folder."""
    fs, root = fsspec.core.url_to_fs(settings.DATA_URL)
    parent = None
    if _is_local(fs):
        parent = Path(root) / ".work"
        parent.mkdir(parents=True, exist_ok=True)
        _clear_away(parent)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_away(parent: Path) -> None:
    """Remove the folders of work that was killed long ago."""
    for folder in parent.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < time.time() - ABANDONED_AFTER:
                shutil.rmtree(folder, ignore_errors=True)


def publish(local: Path, name: str) -> str:
    """Put the file ``local`` at ``name`` beneath ``DATA_URL``, all of it or nothing, and return its URL.

    ``local`` may be moved away by this. A file that is there already is replaced by the same content.
    """
    url = url_of(name)
    fs, path = fsspec.core.url_to_fs(url)
    fs.makedirs(posixpath.dirname(path), exist_ok=True)
    if _is_local(fs):
        staged = Path(f"{path}.{uuid.uuid4().hex}.part")
        shutil.move(local, staged)
        staged.replace(path)
    else:
        # An object store shows an object only once all of it has arrived.
        fs.put_file(str(local), path)
    return url


def publish_bytes(content: bytes, name: str) -> str:
    """Put ``content`` at ``name`` beneath ``DATA_URL``, all of it or nothing, and return its URL."""
    with workspace() as folder:
        local = folder / "content"
        local.write_bytes(content)
        return publish(local, name)


def publish_parquet(local: Path, name: str) -> Dataset:
    """Publish a Parquet file and describe it."""
    description = {
        "rows": pl.scan_parquet(local).select(pl.len()).collect().item(),
        "bytes": local.stat().st_size,
        "sha256": sha256(local),
        "schema": {column: str(dtype) for column, dtype in pl.read_parquet_schema(local).items()},
    }
    return {"$dataset": publish(local, name), **description}  # type: ignore[typeddict-item]


def write(frame: pl.DataFrame, name: str) -> Dataset:
    """Write ``frame`` as Parquet at ``name`` beneath ``DATA_URL`` and return the reference."""
    with workspace() as folder:
        local = folder / "frame.parquet"
        frame.write_parquet(local)
        return publish_parquet(local, name)


def read(
    reference: dict[str, Any] | Dataset, columns: Sequence[str] | None = None, field: str = "dataset"
) -> pl.DataFrame:
    """The rows of a dataset, or some of its columns. Raises `InvalidParameters` naming ``field``."""
    with local_copy(_url(reference, field), field) as path:
        _check_parquet(path, field)
        return pl.read_parquet(path, columns=list(columns) if columns is not None else None, memory_map=False)


@contextlib.contextmanager
def scan(reference: dict[str, Any] | Dataset, field: str = "dataset") -> Iterator[pl.LazyFrame]:
    """A dataset as a lazy frame, to be collected before the block ends. Raises `InvalidParameters` naming ``field``."""
    with local_copy(_url(reference, field), field) as path:
        _check_parquet(path, field)
        yield pl.scan_parquet(path)


def _check_parquet(path: Path, field: str) -> None:
    try:
        pl.read_parquet_schema(path)
    except pl.exceptions.PolarsError as error:
        raise InvalidParameters(f"{field}: it is no Parquet file that can be read", field=field) from error


def sha256(local: Path) -> str:
    """The SHA-256 digest of a local file, in hexadecimal."""
    with local.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _url(reference: dict[str, Any] | Dataset, field: str) -> str:
    url = reference.get("$dataset")
    if not isinstance(url, str):
        raise InvalidParameters(f"{field}: expected a dataset reference with a '$dataset' URL", field=field)
    return url


def _is_local(fs: Any) -> bool:
    return "file" in ([fs.protocol] if isinstance(fs.protocol, str) else fs.protocol)
