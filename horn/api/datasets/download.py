"""Downloads a published file into the user's cache: whole and checked, or not at all."""

from __future__ import annotations

import gzip
import hashlib
import logging
import tempfile
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from horn.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_logger = logging.getLogger("horn")
_CHUNK = 1 << 20
_TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as dead."""


class Content(NamedTuple):
    """What a gzip file must unpack to. Mirrors compress alike content to unlike files."""

    size: int
    sha256: str


class _Refused(Exception):
    """A server sent something else than the file."""


def cache_folder(name: str) -> Path:
    """Return where the files of the data set `name` are kept; it need not exist."""
    return Path.home() / ".horn" / "datasets" / name


def fetch(target: Path, urls: Sequence[str], content: Content) -> Path:
    """Return `target`, downloaded from the first of `urls` that delivers `content` unless it exists.

    The body goes to a temporary file beside `target`, is checked there and then renamed, so that
    an interrupted download leaves nothing behind and two processes may fetch at once.

    Args:
        target: The gzip file to make.
        urls: Places that offer it, tried in order.
        content: What it must unpack to. No more bytes than fit are read, unpacked or not.

    Raises:
        DataError: No place delivered the content, or the folder cannot be written.
    """
    if target.exists():
        return target
    failures: list[str] = []
    for url in urls:
        try:
            _fetch_one(target, url, content)
        except (OSError, HTTPException, _Refused) as error:
            failures.append(f"{url}: {error}")
        else:
            return target
    raise DataError(
        f"{target.name} could not be downloaded.",
        expected=f"a file that unpacks to {content.size} bytes with SHA-256 {content.sha256}",
        got="; ".join(failures),
        remedy="try again with a network connection, or put the file into a folder of your own and give its "
        "path (as an argument, or in the environment variable HORN_DATA)",
    )


def _fetch_one(target: Path, url: str, content: Content) -> None:
    _logger.info("downloading %s to %s", url, target.parent)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f"{target.name}.", delete=False) as file:
        part = Path(file.name)
        try:
            _receive(url, file, limit=content.size + content.size // 1000 + 1024)  # gzip adds less than that
            file.close()
            _check(part, content)
            part.replace(target)
        finally:
            file.close()
            part.unlink(missing_ok=True)


def _receive(url: str, file: IO[bytes], *, limit: int) -> None:
    """Write the body at `url` into `file`."""
    received = 0
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
        while chunk := response.read(_CHUNK):
            received += len(chunk)
            if received > limit:
                raise _Refused(f"sent more than {limit} bytes")
            file.write(chunk)
        announced = response.headers.get("Content-Length")
    if announced is not None and received != int(announced):
        raise _Refused(f"the connection ended after {received} of {announced} bytes")


def _check(path: Path, content: Content) -> None:
    """Raise unless `path` unpacks to `content`."""
    size, digest = 0, hashlib.sha256()
    try:
        with gzip.open(path) as file:
            while size <= content.size and (chunk := file.read(_CHUNK)):
                size += len(chunk)
                digest.update(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise _Refused(f"sent no whole gzip file ({error})") from None
    if size > content.size:
        raise _Refused(f"sent a file that unpacks to more than {content.size} bytes")
    if digest.hexdigest() != content.sha256:
        raise _Refused(f"sent a file that unpacks to {size} bytes with SHA-256 {digest.hexdigest()}")
