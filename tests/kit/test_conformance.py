"""The kit does what Segment's framework did when the vectors were made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crossdock import conformance

VECTORS = Path(__file__).parent.parent / "vectors"


@pytest.mark.parametrize("kind", conformance.KINDS)
def test_every_vector_passes(kind: str) -> None:
    lines: list[str] = []

    code = conformance.run(kind, VECTORS / f"{kind}.jsonl", lines.append)

    assert lines[-1].endswith(" passed, 0 failed")
    assert code == 0


def test_a_wrong_vector_fails_and_is_shown(tmp_path: Path) -> None:
    case = {"id": 7, "cat": "x", "mapping": {"a": 1}, "event": {}, "result": {"a": 2}}
    (tmp_path / "mapping.jsonl").write_text(json.dumps(case))
    lines: list[str] = []

    code = conformance.run("mapping", tmp_path / "mapping.jsonl", lines.append)

    assert lines == [
        "failed 7 (x)",
        '  expected: {"result": {"a": 2}}',
        '  got:      {"result": {"a": 1}}',
        "0 passed, 1 failed",
    ]
    assert code == 1


def test_a_departure_of_segments_runtime_is_exempt_by_name(tmp_path: Path) -> None:
    text = 'type = "track" and event = "A" or event = "B"'
    leaf = {"type": "event", "operator": "="}
    children = [
        {"type": "event-type", "operator": "=", "value": "track"},
        {**leaf, "value": "A"},
        {**leaf, "value": "B"},
    ]
    tree = {"type": "group", "operator": "or", "children": children}
    case = {"id": 1, "fql": text, "event": {"type": "track"}, "ast": tree, "result": True}
    (tmp_path / "fql.jsonl").write_text(json.dumps(case))
    lines: list[str] = []

    code = conformance.run("fql", tmp_path / "fql.jsonl", lines.append)

    assert lines == [
        "exempt 1: mixed_and_or",
        "fql: 1 lines exempt: mixed_and_or 1",
        "1 passed, 0 failed",
    ]
    assert code == 0


def test_a_line_that_segments_runtime_would_not_give_either_is_not_exempt(tmp_path: Path) -> None:
    text = 'type = "track" and event = "A" or event = "B"'
    case = {"id": 1, "fql": text, "event": {"type": "track"}, "ast": {}, "result": True}
    (tmp_path / "fql.jsonl").write_text(json.dumps(case))
    lines: list[str] = []

    code = conformance.run("fql", tmp_path / "fql.jsonl", lines.append)

    assert lines[-1] == "0 passed, 1 failed"
    assert code == 1


def test_there_are_four_kinds(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mapping, fql, validation, presets"):
        conformance.run("mappings", tmp_path / "x.jsonl", print)


def test_a_file_that_holds_no_vectors_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n")

    with pytest.raises(conformance.UnreadableVectors, match="Line 1"):
        conformance.run("mapping", tmp_path / "notes.md", print)
