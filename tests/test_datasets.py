"""The data sets: the digits never change, MNIST is found, downloaded and checked."""

from __future__ import annotations

import gzip
import hashlib
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from horn.api.datasets import digits, download, idx, mnist
from horn.api.datasets.download import Content
from horn.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIGITS_SHA256 = {
    "x_train": "bf2b3910a03b69f5f32f0e989e2aa8f37f85749783e4e7a36192edc1c395d58e",
    "y_train": "970cadb89f4956ed733d1a7ac5d4b2a4d50b094c268f69917fccec48910cfeaf",
    "x_test": "3c05733c55d710109b9a1878ea98f552bb9d33485cd2bddb57cbade1c3c55d6d",
    "y_test": "28beeed8f5e51f11d7ddbd7a14a006d30684c0abbb11aaeba722dfe30c55514b",
}


# -- digits ------------------------------------------------------------------------------------


def test_digits_never_change() -> None:
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    assert {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()} == DIGITS_SHA256
    assert {array.dtype.name for array in arrays.values()} == {"uint8"}


def test_digits_are_split_in_equal_shares() -> None:
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    assert x_train.shape == (1437, 8, 8)
    assert x_test.shape == (360, 8, 8)
    assert max(x_train.max(), x_test.max()) == 16
    total = np.bincount(np.concatenate([y_train, y_test]))
    assert total.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as published
    assert np.abs(np.bincount(y_test) - total / 5).max() < 1


def test_digits_belong_to_the_caller() -> None:
    (x_train, _), _ = digits.load_data()
    x_train[:] = 0
    assert digits.load_data()[0][0].max() == 16


# -- files in the format of MNIST --------------------------------------------------------------


def idx_bytes(array: np.ndarray, magic: bytes = b"\x00\x00\x08") -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return magic + bytes([array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def small_mnist() -> dict[str, bytes]:
    """Return four files, unpacked: seven images for training and three for testing."""
    rng = np.random.default_rng(0)
    contents = {}
    for part, count in (("train", 7), ("t10k", 3)):
        contents[f"{part}-images-idx3-ubyte.gz"] = idx_bytes(rng.integers(0, 256, (count, 28, 28)))
        contents[f"{part}-labels-idx1-ubyte.gz"] = idx_bytes(rng.integers(0, 10, count))
    return contents


def put(folder: Path, contents: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(gzip.compress(content))
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test, no HORN_DATA, and no way to the network."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.delenv("HORN_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(mnist, "MIRRORS", ("http://127.0.0.1:9",))
    return tmp_path / "home"


def check_small(loaded: Any) -> None:
    (x_train, y_train), (x_test, y_test) = loaded
    contents = small_mnist()
    assert x_train.shape == (7, 28, 28)
    assert x_test.shape == (3, 28, 28)
    assert x_train.tobytes() == contents["train-images-idx3-ubyte.gz"][16:]
    assert y_train.tobytes() == contents["train-labels-idx1-ubyte.gz"][8:]
    assert y_test.tobytes() == contents["t10k-labels-idx1-ubyte.gz"][8:]
    assert x_train.dtype == y_test.dtype == np.uint8


@pytest.mark.parametrize("folder", [".", "mnist"])
def test_mnist_from_a_path(tmp_path: Path, home: Path, folder: str) -> None:
    put(tmp_path / "data" / folder, small_mnist())
    check_small(mnist.load_data(tmp_path / "data"))
    check_small(mnist.load_data(str(tmp_path / "data")))
    assert not home.exists()


@pytest.mark.parametrize("folder", [".", "mnist"])
def test_mnist_from_horn_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path, folder: str) -> None:
    put(tmp_path / "data" / folder, small_mnist())
    monkeypatch.setenv("HORN_DATA", str(tmp_path / "data"))
    check_small(mnist.load_data())
    assert not home.exists()


def test_mnist_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(download.cache_folder("mnist"), small_mnist())
    check_small(mnist.load_data())
    monkeypatch.setenv("HORN_DATA", str(tmp_path))  # a folder of other data sets
    check_small(mnist.load_data())


def test_mnist_absent_from_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="not where it was said to be") as caught:
        mnist.load_data(tmp_path)
    assert "path= or HORN_DATA" in caught.value.remedy
    monkeypatch.setenv("HORN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="nowhere"):
        mnist.load_data()


def test_mnist_with_files_missing(tmp_path: Path) -> None:
    contents = small_mnist()
    del contents["t10k-labels-idx1-ubyte.gz"]
    with pytest.raises(DataError, match=r"no t10k-labels-idx1-ubyte\.gz"):
        mnist.load_data(put(tmp_path, contents))


@pytest.mark.parametrize(
    "changed",
    [
        {"train-labels-idx1-ubyte.gz": idx_bytes(np.zeros(6))},
        {"train-labels-idx1-ubyte.gz": idx_bytes(np.full(7, 10))},
        {"t10k-images-idx3-ubyte.gz": idx_bytes(np.zeros((3, 8, 8)))},
    ],
    ids=["too few labels", "a label of ten", "other sizes"],
)
def test_files_of_something_else(tmp_path: Path, changed: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match="not those of MNIST"):
        mnist.load_data(put(tmp_path, small_mnist() | changed))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "header of 8 bytes"),
        (b"\x00\x00\x08\x01\x00", "header of 8 bytes"),
        (idx_bytes(np.zeros(2), magic=b"\x00\x00\x0d"), "header of 8 bytes"),
        (idx_bytes(np.zeros((2, 2))), "header of 8 bytes"),
        (idx_bytes(np.zeros(5))[:-1], "5 bytes after the header"),
        (idx_bytes(np.zeros(5)) + b"\x00", "5 bytes after the header"),
        (b"\x00\x00\x08\x01\xff\xff\xff\xff", "4294967295 bytes after the header"),
    ],
)
def test_idx_headers_are_exact(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=expected):
        idx.read(path, rank=1)


def test_idx_files_are_whole(tmp_path: Path) -> None:
    whole = gzip.compress(idx_bytes(np.arange(200)))
    for broken in (whole[:-9], whole[:40], b"no gzip", whole[:-8] + b"\x00" * 8):
        (tmp_path / "labels.gz").write_bytes(broken)
        with pytest.raises(DataError, match="a whole file, compressed with gzip"):
            idx.read(tmp_path / "labels.gz", rank=1)
    with pytest.raises(DataError, match="No such file"):
        idx.read(tmp_path / "absent.gz", rank=1)


# -- downloading, from a server on this machine ------------------------------------------------


class Server(ThreadingHTTPServer):
    """Serves `bodies` by path; `announce` adds to the length in the header."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.announce = 0

    def handle_error(self, *args: object) -> None:
        """Stay silent when a client hangs up early, as it should with too long a body."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.asked.append(name)
        body = self.server.bodies.get(name)
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + self.server.announce))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def content_of(unpacked: bytes) -> Content:
    return Content(len(unpacked), hashlib.sha256(unpacked).hexdigest())


def check_refused(server: Server, folder: Path, content: Content, reason: str) -> None:
    """Fetching must fail for `reason` and leave nothing behind."""
    with pytest.raises(DataError, match=reason) as caught:
        download.fetch(folder / "file.gz", [f"{server.url}/file.gz"], content)
    assert content.sha256 in caught.value.expected
    assert "HORN_DATA" in caught.value.remedy
    assert not folder.exists() or not list(folder.iterdir())


def test_mnist_is_downloaded_once(server: Server, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    contents = small_mnist()
    server.bodies = {name: gzip.compress(content) for name, content in contents.items()}
    monkeypatch.setattr(mnist, "MIRRORS", (server.url,))
    monkeypatch.setattr(mnist, "FILES", {name: content_of(content) for name, content in contents.items()})
    check_small(mnist.load_data())
    assert sorted(server.asked) == sorted(contents)
    assert sorted(path.name for path in (home / ".horn/datasets/mnist").iterdir()) == sorted(contents)
    check_small(mnist.load_data())
    assert len(server.asked) == 4


def test_the_next_mirror_serves(server: Server, tmp_path: Path) -> None:
    server.bodies = {"bad/file.gz": gzip.compress(b"other"), "good/file.gz": gzip.compress(b"content")}
    urls = [f"{server.url}/{place}/file.gz" for place in ("absent", "bad", "good")]
    target = download.fetch(tmp_path / "deep" / "file.gz", urls, content_of(b"content"))
    assert gzip.decompress(target.read_bytes()) == b"content"
    assert [path.name for path in target.parent.iterdir()] == ["file.gz"]


def test_any_compression_will_do(server: Server, tmp_path: Path) -> None:
    unpacked = bytes(100_000)
    for level in (0, 1, 9):
        server.bodies = {"file.gz": gzip.compress(unpacked, level)}
        download.fetch(tmp_path / f"{level}.gz", [f"{server.url}/file.gz"], content_of(unpacked))


def test_a_wrong_checksum_is_refused(server: Server, tmp_path: Path) -> None:
    server.bodies = {"file.gz": gzip.compress(b"contend")}
    check_refused(server, tmp_path / "cache", content_of(b"content"), "unpacks to 7 bytes with SHA-256")


def test_a_truncated_body_is_refused(server: Server, tmp_path: Path) -> None:
    server.bodies = {"file.gz": gzip.compress(b"content")}
    server.announce = 10
    check_refused(server, tmp_path / "cache", content_of(b"content"), "the connection ended after")


def test_a_truncated_file_is_refused(server: Server, tmp_path: Path) -> None:
    server.bodies = {"file.gz": gzip.compress(b"content")[:-5]}
    check_refused(server, tmp_path / "cache", content_of(b"content"), "no whole gzip file")


def test_a_page_in_place_of_the_file_is_refused(server: Server, tmp_path: Path) -> None:
    server.bodies = {"file.gz": b"<html>please log in</html>"}
    check_refused(server, tmp_path / "cache", content_of(b"content"), "no whole gzip file")


def test_too_much_is_refused(server: Server, tmp_path: Path) -> None:
    server.bodies = {"file.gz": gzip.compress(bytes(50_000))}  # small on the way, large unpacked
    check_refused(server, tmp_path / "cache", content_of(b"content"), "unpacks to more than 7 bytes")
    server.bodies = {"file.gz": bytes(5_000_000)}
    check_refused(server, tmp_path / "cache", content_of(b"content"), "sent more than 1031 bytes")


def test_no_server_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be downloaded") as caught:
        mnist.load_data()
    assert "127.0.0.1:9" in caught.value.got


def test_a_cache_that_cannot_be_written(server: Server, tmp_path: Path) -> None:
    server.bodies = {"file.gz": gzip.compress(b"content")}
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(DataError, match=r"file\.gz could not be downloaded"):
        download.fetch(tmp_path / "cache" / "file.gz", [f"{server.url}/file.gz"], content_of(b"content"))
