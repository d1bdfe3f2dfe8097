"""Private and runtime directories, and the lock on a state directory."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from workers.state_dir import (
    LONGEST_DIRECTORY,
    AlreadySupervised,
    StateLock,
    UnsafeDirectory,
    discard_runtime_directory,
    private_directory,
    runtime_directory,
)


def test_a_directory_that_others_could_enter_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert stat.S_IMODE(private_directory(tmp_path / "open").stat().st_mode) == 0o700


def test_a_link_to_a_directory_of_ours_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert private_directory(tmp_path / "link") == (tmp_path / "real").resolve()


def test_a_file_is_no_private_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnsafeDirectory, match="file"):
        private_directory(tmp_path / "file")


def test_two_state_directories_have_two_runtime_directories_and_each_keeps_its_own(tmp_path: Path) -> None:
    one, two = private_directory(tmp_path / "one"), private_directory(tmp_path / "two")
    first = runtime_directory(one, xdg_runtime_dir=None)
    second = runtime_directory(two, xdg_runtime_dir=None)
    assert first != second
    assert runtime_directory(one, xdg_runtime_dir=None) == first
    discard_runtime_directory(first)
    discard_runtime_directory(second)
    assert not first.exists()


def test_a_runtime_directory_of_xdg_is_used_only_while_it_is_private_and_short() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        state = private_directory(Path(folder) / "state")
        xdg = private_directory(Path(folder) / "x")
        long = private_directory(Path(folder) / ("x" * LONGEST_DIRECTORY))
        assert runtime_directory(state, xdg_runtime_dir=xdg).parent == xdg

        xdg.chmod(0o755)
        (state / "run").unlink()
        elsewhere = runtime_directory(state, xdg_runtime_dir=xdg)
        assert elsewhere.parent != xdg
        (state / "run").unlink()
        assert runtime_directory(state, xdg_runtime_dir=long) == elsewhere
        discard_runtime_directory(elsewhere)


def test_a_runtime_directory_with_sockets_in_it_is_not_discarded(tmp_path: Path) -> None:
    (tmp_path / "redis.sock").write_text("")
    discard_runtime_directory(tmp_path)
    assert tmp_path.exists()


def test_one_holder_at_a_time_and_the_next_one_when_it_lets_go(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path / "lock"), StateLock(tmp_path / "lock")
    first.acquire()
    with pytest.raises(AlreadySupervised, match="already looked after"):
        second.acquire()
    first.release()
    first.release()
    second.acquire()
    second.release()
