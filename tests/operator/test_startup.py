"""A start takes what it finds in the data directory, or says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.startup import CannotStart, kept_token


def test_the_token_is_made_once_and_readable_for_its_user_only(tmp_path: Path) -> None:
    file = tmp_path / "admin-token"

    first = kept_token(file)

    assert len(first) >= 20
    assert kept_token(file) == first
    assert file.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["admin-token"]


@pytest.mark.parametrize("left", ["", "\n", "  \n"], ids=["nothing", "a line", "spaces"])
def test_a_token_file_that_a_crash_left_empty_opens_nothing(tmp_path: Path, left: str) -> None:
    file = tmp_path / "admin-token"
    file.write_text(left)

    token = kept_token(file)

    assert len(token) >= 20
    assert file.read_text().strip() == token


def test_a_token_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "admin-token"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(CannotStart, match="admin-token"):
        kept_token(file)
