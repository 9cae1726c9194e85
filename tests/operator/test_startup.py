"""A start takes what it finds in the data directory, or says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.base import json
from crossdock.base.settings import ServerSettings
from crossdock.events import SourceId
from crossdock.startup import CannotStart, announce, kept_token
from crossdock.workspace import Source


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


def test_where_the_server_is_can_be_read_whole_while_it_starts_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ServerSettings(data_dir=tmp_path)
    source = Source(id=SourceId("src_1"), slug="shop", name="Shop")
    announce(settings, "http://127.0.0.1:8080", source, None, is_demo=False)

    with (tmp_path / "server.json").open("rb") as asked_before:
        announce(settings, "http://127.0.0.1:9090", source, None, is_demo=False)
        before = json.decode(asked_before.read())
    after = json.decode((tmp_path / "server.json").read_bytes())

    assert [before["url"], after["url"]] == ["http://127.0.0.1:8080", "http://127.0.0.1:9090"]
    assert "Ready: http://127.0.0.1:9090" in capsys.readouterr().out
