"""What happens to an operator once in a lifetime is answered like everything else."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.running import eventually, running_server


def is_deleted(folder: Path) -> bool:
    """Delete a folder that others write to; return whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_data_directory_deleted_under_the_server_is_answered_with_503(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    with running_server(data_dir, command="serve") as server:
        write_key = server.api("GET", "/sources")["sources"][0]["writeKeys"][0]
        event = {"event": "Bought", "userId": "ann", "writeKey": write_key}
        before = server.request("POST", "/v1/track", json=event)
        eventually(lambda: is_deleted(data_dir))

        after = server.request("POST", "/v1/track", json=event)
        ready = server.request("GET", "/readyz")
        code = server.stop()

    assert before.status == 200
    assert after.status == 503
    assert int(after.headers["retry-after"]) > 0
    assert code == 0
    assert ready.status == 503
    assert [reason["code"] for reason in ready.json()["reasons"]] == ["data_directory_gone"]
