"""The command that compares the kit with recorded answers of Segment's framework."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("kind", type=click.Choice(["mapping", "fql", "validation", "presets"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def conformance(kind: str, file: Path) -> None:
    """Compare the kit with Segment's framework, line by line of FILE."""
    from crossdock.conformance import run  # noqa: PLC0415

    sys.exit(run(kind, file, click.echo))
