"""Saving weights when the disk is full or the process dies: the old file or the new, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import horn
from horn.api.saving import replacing
from horn.errors import SavedModelError


def filled(value: float) -> Any:
    """Return a small model whose weights all have one value."""
    layers = [horn.Input((3,)), horn.layers.Dense(4), horn.layers.Dense(4)]
    model = horn.Sequential(layers, backend="numpy")
    model.set_weights([np.full_like(w, value) for w in model.get_weights()])
    return model


def held(path: Path) -> float:
    """Return the value that all weights in a file have."""
    model = filled(0)
    model.load_weights(path)
    (value,) = {float(x) for w in model.get_weights() for x in w.ravel()}
    return value


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file that is there already."""
    path = tmp_path / "good.weights.h5"
    filled(1).save_weights(path)
    return path


@pytest.mark.parametrize("failing", ["write", "truncate", "settle", "replace", "shown"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_file(
    failing: str, error: BaseException, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, model = good.read_bytes(), filled(3)

    def fail(*args: Any) -> Any:
        raise error

    if failing in ("write", "truncate"):
        real = getattr(replacing.Target, failing)

        def fail_inside(self: Any, *args: Any) -> Any:
            self.failure = error
            return real(self, *args)

        monkeypatch.setattr(replacing.Target, failing, fail_inside)
    else:
        owner: Any = {"settle": os, "replace": Path, "shown": horn.Variable}[failing]
        monkeypatch.setattr(owner, "fsync" if failing == "settle" else failing, fail)
    with pytest.raises(SavedModelError if isinstance(error, OSError) else KeyboardInterrupt):
        model.save_weights(good)
    monkeypatch.undo()
    assert good.read_bytes() == old
    assert [found.name for found in good.parent.iterdir()] == [good.name]


CHILD = """
import os, resource, signal, sys
import numpy as np
import horn
from horn.api.saving import replacing

model = horn.Sequential([horn.Input((3,)), horn.layers.Dense(4), horn.layers.Dense(4)], backend="numpy")
model.set_weights([np.full_like(w, 5) for w in model.get_weights()])
path, how, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if how == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))
else:
    owner = {"write": replacing.Target, "fsync": os, "replace": os}[how]
    real, calls = getattr(owner, how), []
    def dying(*args):
        calls.append(1)
        if len(calls) == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args)
    setattr(owner, how, dying)
try:
    model.save_weights(path)
except horn.errors.SavedModelError as error:
    print(error)
    sys.exit(3)
"""


def in_child(path: Path, how: str, count: int) -> Any:
    arguments = [sys.executable, "-c", CHILD, str(path), how, str(count)]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("how", "count"), [("write", 1), ("write", 6), ("fsync", 1), ("replace", 1), ("fsync", 2)])
def test_a_process_that_is_killed_leaves_a_whole_file(how: str, count: int, good: Path) -> None:
    assert in_child(good, how, count).returncode == -signal.SIGKILL
    assert held(good) == (5 if (how, count) == ("fsync", 2) else 1)  # the second is that of the folder
    filled(3).save_weights(good)
    assert [found.name for found in good.parent.iterdir()] == [good.name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("room", [0, 100, 3000, 6000])
def test_a_full_disk_is_said_in_one_message(room: int, good: Path) -> None:
    old = good.read_bytes()
    ran = in_child(good, "full", room)
    assert (ran.returncode, ran.stderr) == (3, "")
    assert "File too large" in ran.stdout
    assert good.read_bytes() == old
    assert [found.name for found in good.parent.iterdir()] == [good.name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other modes and links")
def test_mode_and_link_of_the_old_file_stay(good: Path) -> None:
    good.chmod(0o640)
    link = good.with_name("link.weights.h5")
    link.symlink_to(good.name)
    filled(3).save_weights(link)
    assert link.is_symlink()
    assert good.stat().st_mode & 0o777 == 0o640
    assert held(good) == 3


def test_another_writer_is_left_alone(good: Path) -> None:
    with replacing.replacing(good) as target:
        filled(3).save_weights(good)
        assert Path(str(target.name)).exists()
        target.write(b"later")
    assert good.read_bytes() == b"later"
