"""Commands say what went wrong and what to do, and never end in a traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crossdock.base import json
from crossdock.main import cli

VECTORS = Path(__file__).parents[1] / "vectors"


def ran(*arguments: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(cli, arguments)


def signed(*arguments: str) -> Result:
    return ran("sign-ramen", "--id", "42", *arguments, RAMEN_ORGANIZATION_SECRET_KEY="s" * 20)


@pytest.mark.parametrize(
    ("kind", "file", "other"),
    [("fql", "mapping.jsonl", "mapping"), ("validation", "fql.jsonl", "fql")],
)
def test_vectors_of_another_kind_are_told_apart(kind: str, file: str, other: str) -> None:
    result = ran("conformance", kind, str(VECTORS / file))

    assert result.exit_code == 1
    assert f'but of the kind "{other}"' in result.stderr
    assert f"crossdock conformance {other}" in result.stderr


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    file = tmp_path / "presets.jsonl"
    file.write_text('{"something": "else"}\n')

    result = ran("conformance", "fql", str(file))

    assert result.exit_code == 1
    assert "event, fql" in result.stderr


def test_without_a_secret_and_a_terminal_the_way_to_give_it_is_told() -> None:
    result = ran("sign-ramen", "--id", "42")

    assert result.exit_code == 2
    assert "RAMEN_ORGANIZATION_SECRET_KEY" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "warned"),
    [
        pytest.param(("--email", "ryan.ramen.is"), "no e-mail", id="an e-mail that is none"),
        pytest.param(("--timestamp", f"{time.time():.0f}000"), "milliseconds", id="milliseconds"),
        pytest.param(("--timestamp", f"{time.time() - 1000:.0f}"), "minutes old", id="too old"),
        pytest.param(("--timestamp", f"{time.time() + 1000:.0f}"), "ahead", id="to come"),
        pytest.param(("--email", "ryan@ramen.is"), "", id="all is well"),
    ],
)
def test_what_ramen_would_refuse_is_warned_of_and_signed(
    arguments: tuple[str, ...], warned: str
) -> None:
    result = signed(*arguments)

    assert result.exit_code == 0
    assert warned in result.stderr
    assert bool(result.stderr) == bool(warned)
    assert "auth_hash" in str(json.decode(result.stdout.encode()))


def test_the_help_of_the_demo_is_a_sentence_of_its_own() -> None:
    assert "The same" not in ran("--help").stdout


def test_the_demo_has_a_folder_of_its_own() -> None:
    assert "crossdock-demo-data" in "".join(ran("demo", "--help").stdout.split())
    assert "crossdock-demo-data" not in "".join(ran("serve", "--help").stdout.split())
