"""publish: the old file or the new one, never something between."""

import errno
import os
from pathlib import Path

import pytest

from framework import EnvironmentFault
from framework.files import publish

OLD, NEW = b"old contents, to the last byte", bytes(range(256)) * 300


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (OLD, NEW, b""):
        publish(path, content)
        assert path.read_bytes() == content
        assert _names(tmp_path) == ["file"]


def test_a_reader_with_the_old_file_open_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    publish(path, OLD)
    with open(path, "rb") as reader:
        publish(path, NEW)
        assert reader.read() == OLD
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", ["os.replace", "os.fsync"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    path = tmp_path / "file"
    publish(path, OLD)

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(call, fail)
    with pytest.raises(EnvironmentFault) as caught:
        publish(path, NEW)
    assert str(caught.value) == f"{path}: cannot be written: {os.strerror(code)}"
    assert path.read_bytes() == OLD
    assert _names(tmp_path) == ["file"]


def test_a_folder_that_does_not_sync_is_told_and_the_new_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    publish(path, OLD)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("framework.files._sync_folder", fail)
    with pytest.raises(EnvironmentFault, match="Input/output error"):
        publish(path, NEW)
    assert path.read_bytes() == NEW
    assert _names(tmp_path) == ["file"]


def test_contents_are_on_disk_before_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """write, fsync(file), rename, fsync(folder): in any other order a power cut could leave an empty file."""
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        is_folder = os.path.isdir(f"/proc/self/fd/{handle}")
        calls.append("fsync folder" if is_folder else f"fsync {os.fstat(handle).st_size} bytes")
        fsync(handle)

    def noted_replace(source: Path, target: Path) -> None:
        assert source.parent == target.parent
        calls.append("replace")
        replace(source, target)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc to tell a folder's handle from a file's")
    monkeypatch.setattr("os.fsync", noted_fsync)
    monkeypatch.setattr("os.replace", noted_replace)
    publish(tmp_path / "file", NEW)
    assert calls == [f"fsync {len(NEW)} bytes", "replace", "fsync folder"]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    publish(path, OLD)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        publish(path, NEW)
    assert path.read_bytes() == OLD
    assert _names(tmp_path) == ["file"]


def test_a_missing_folder_and_a_folder_of_that_name(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "file", tmp_path):
        with pytest.raises(EnvironmentFault) as caught:
            publish(path, NEW)
        assert str(caught.value).startswith(f"{path}: cannot be written: ")
    assert _names(tmp_path) == []


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(EnvironmentFault):
        publish(tmp_path / "file" / "below", NEW)
