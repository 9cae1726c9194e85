"""A shelf keeps what was touched last, as much as fits, and survives a restart."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from crossdock.sandbox.store import Shelf, Store


class Note(msgspec.Struct, frozen=True):
    text: str


NOTES = Shelf("note", Note, 3)


def texts(store: Store, workspace_id: str = "w") -> list[str]:
    return [note.text for note in store.latest(NOTES, workspace_id=workspace_id)]


def put(store: Store, *names: str, workspace_id: str = "w") -> None:
    for name in names:
        store.put(NOTES, Note(name), workspace_id=workspace_id, record_id=name)


def test_a_full_shelf_forgets_what_was_touched_longest_ago(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.sqlite3")
    put(store, "a", "b", "c")

    put(store, "a", "d")

    assert texts(store) == ["c", "a", "d"]
    store.close()


def test_another_workspace_takes_no_room(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.sqlite3")
    put(store, "a")

    put(store, "b", "c", "d", "e", workspace_id="other")

    assert texts(store) == ["a"]
    store.close()


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "data" / "sandbox.sqlite3")
    put(store, "a")
    store.close()

    again = Store(tmp_path / "data" / "sandbox.sqlite3")

    assert texts(again) == ["a"]
    again.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "sandbox.sqlite3")

    def write_and_fail() -> None:
        with store.transaction():
            put(store, "a")
            raise LookupError

    with pytest.raises(LookupError):
        write_and_fail()

    assert texts(store) == []
    store.close()
