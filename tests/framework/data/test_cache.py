"""The cache gives back what was put in or nothing, and never stands in the way."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from framework.data.table import Table, TableFormat, cache, read_table
from framework.data.table import reader as table_module
from framework.data.table.cache import FOLDER_VARIABLE, Entry, cache_folder, load, store
from framework.data.table.header import read_header

FORMAT = TableFormat(("a", "b"))
CONTENT = b"b,label,a\n1,2,3\n4,5,6\n"
ENTRY = Entry({"features": np.arange(6, dtype=np.int16).reshape(2, 3)}, {"notice": "read by name"})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(CONTENT)
    return path


def parses(path: Path, format: TableFormat = FORMAT, *, labelled: bool = True) -> int:
    """How often the table is parsed when it is read once more."""
    calls = 0
    real = read_header

    def counted(line: bytes, format: TableFormat, *, labelled: bool, place: str) -> object:
        nonlocal calls
        calls += 1
        return real(line, format, labelled=labelled, place=place)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_module, "read_header", counted)
        right(read_table(path, format, labelled=labelled))
    return calls


def right(table: Table) -> None:
    assert table.features.tolist() == [[3, 1], [6, 4]]
    assert table.labels is None or table.labels.tolist() == [2, 5]


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_the_second_read_does_not_parse(path: Path) -> None:
    first = read_table(path, FORMAT)
    assert parses(path) == 0
    second = read_table(path, FORMAT)
    assert second.labels is not None
    assert second.features.dtype == first.features.dtype
    assert second.labels.dtype == np.uint8
    assert second.features.flags.c_contiguous
    assert second.features.flags.writeable
    assert (second.path, second.sha256, second.notice) == (first.path, first.sha256, first.notice)
    assert second.notice is not None


def test_a_table_without_labels_has_none_from_the_cache_either(path: Path) -> None:
    path.write_bytes(b"a,b\n3,1\n6,4\n")
    assert parses(path, labelled=False) == 1
    assert parses(path, labelled=False) == 0
    assert read_table(path, FORMAT, labelled=False).labels is None


def test_the_same_bytes_under_another_name_are_found(path: Path, tmp_path: Path) -> None:
    read_table(path, FORMAT)
    other = path.rename(tmp_path / "other.csv")
    assert parses(other) == 0
    table = read_table(other, FORMAT)
    assert table.path == other
    assert (table.notice or "").startswith(str(other))


def test_arrays_from_the_cache_are_the_callers_own(path: Path) -> None:
    for _ in range(2):
        table = read_table(path, FORMAT)
        right(table)
        table.features[:] = 0


def test_without_cache_nothing_is_kept(path: Path, folder: Path) -> None:
    right(read_table(path, FORMAT, cache=False))
    assert not folder.exists()


def test_a_changed_file_is_parsed(path: Path) -> None:
    assert parses(path) == 1
    path.write_bytes(CONTENT + b"\n")
    assert parses(path) == 1


@pytest.mark.parametrize(
    "other",
    [
        TableFormat(("a", "b"), maximum=254),
        TableFormat(("a", "b"), minimum=1),
        TableFormat(("a", "b"), classes=6),
    ],
)
def test_another_format_is_parsed(path: Path, other: TableFormat) -> None:
    assert parses(path) == 1
    assert parses(path, other) == 1


def test_another_reader_version_is_parsed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parses(path) == 1
    monkeypatch.setattr(table_module, "READER_VERSION", table_module.READER_VERSION + 1)
    assert parses(path) == 1


def test_every_flipped_byte_is_noticed(folder: Path) -> None:
    store("key", ENTRY)
    file = only_file(folder)
    whole = file.read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        file.write_bytes(damaged)
        found = load("key")
        if found is not None:  # the damage hit a blank of the header or the like: it must not have mattered
            assert found.arrays.keys() == {"features"}
            assert np.array_equal(found.arrays["features"], ENTRY.arrays["features"])


def test_every_cut_is_noticed(folder: Path) -> None:
    store("key", ENTRY)
    file = only_file(folder)
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert load("key") is None


@pytest.mark.parametrize(("old", "new"), [(b"[2,3]", b"[3,2]"), (b"I16", b"U16"), (b"features", b"feathers")])
def test_a_changed_description_is_noticed(folder: Path, old: bytes, new: bytes) -> None:
    store("key", ENTRY)
    file = only_file(folder)
    whole = file.read_bytes()
    assert old in whole
    file.write_bytes(whole.replace(old, new))
    assert load("key") is None


@pytest.mark.parametrize("content", [b"", b"foreign", b"\xff" * 100, b"\x02\0\0\0\0\0\0\0{}"])
def test_a_foreign_file_is_ignored_and_replaced(path: Path, folder: Path, content: bytes) -> None:
    assert parses(path) == 1
    only_file(folder).write_bytes(content)
    assert parses(path) == 1
    assert parses(path) == 0


def test_an_entry_under_a_wrong_name_is_ignored(folder: Path) -> None:
    store("one", ENTRY)
    one = only_file(folder)
    store("two", ENTRY)
    (two,) = set(folder.iterdir()) - {one}
    one.replace(two)
    assert load("two") is None


def test_notes_and_types_come_back() -> None:
    arrays: dict[str, NDArray[np.integer]] = {
        "a": np.array([1, 65_535], dtype=np.uint16),
        "b": np.array([[-5]], dtype=np.int32),
    }
    store("key", Entry(arrays, {"word": "ü"}))
    found = load("key")
    assert found is not None
    assert found.notes == {"word": "ü"}
    for name, array in arrays.items():
        assert np.array_equal(found.arrays[name], array)
        assert found.arrays[name].dtype == array.dtype


def test_a_folder_that_cannot_be_made_costs_only_time(path: Path, folder: Path) -> None:
    folder.write_text("a file stands where the folder should be")
    assert parses(path) == 1
    assert parses(path) == 1
    assert folder.read_text() == "a file stands where the folder should be"


@pytest.mark.parametrize("step", ["os.replace", "safetensors.numpy.save_file"])
def test_a_write_that_fails_leaves_nothing(
    path: Path, folder: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, refuse)
    assert parses(path) == 1
    assert list(folder.iterdir()) == []


def test_an_empty_variable_means_the_users_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, "")
    assert cache_folder().name in ("chalknet", "Cache")
    assert cache_folder().is_absolute()


def age(folder: Path, key: str, seconds: int) -> Path:
    """Store under `key` an entry that is `seconds` old, in its place."""
    before = set(folder.glob("table-*"))
    store(key, ENTRY)
    (file,) = set(folder.glob("table-*")) - before
    stamp = file.stat().st_mtime - seconds
    os.utime(file, (stamp, stamp))
    return file


def test_only_the_newest_are_kept(folder: Path) -> None:
    for index in range(cache.KEPT_FILES):
        age(folder, f"key {index}", 1000 - index)
    store("newest", ENTRY)
    assert load("key 0") is None
    assert load("key 1") is not None
    assert load("newest") is not None
    assert len(list(folder.iterdir())) == cache.KEPT_FILES


def test_not_more_than_so_many_bytes_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = age(folder, "old", 100).stat().st_size
    monkeypatch.setattr(cache, "KEPT_BYTES", size + size // 2)
    store("new", ENTRY)
    assert load("old") is None
    assert load("new") is not None


def test_abandoned_temporary_files_are_removed_and_others_left(folder: Path) -> None:
    folder.mkdir()
    for name in (".tmp-old", ".tmp-new", "letter.txt"):
        (folder / name).touch()
    os.utime(folder / ".tmp-old", (0, 0))
    store("key", ENTRY)
    assert {path.name for path in folder.iterdir() if not path.name.startswith("table-")} == {
        ".tmp-new",
        "letter.txt",
    }
