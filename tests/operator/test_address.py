"""An address that is none is told as such, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossdock.base.errors import CrossdockError
from crossdock.console import RunningServer


@pytest.mark.parametrize(
    "url",
    ["localhost:8080", "http://", "http://localhost:abc", "http://localhost:99999", "http://[::1"],
)
def test_what_is_not_the_address_of_a_server_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(CrossdockError, match="is not the address of a server") as caught:
        RunningServer(tmp_path, url=url, token=tmp_path.name)

    assert "http://127.0.0.1:8080" in caught.value.do
