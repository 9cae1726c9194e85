"""Commands that say what became of events."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote, urlencode

import click

from crossdock.commands.options import server_access_options


@click.command()
@click.argument("message_id")
@server_access_options
def trace(message_id: str, data_dir: Path, url: str | None, token: str | None) -> None:
    """Tell the life of an event: what was received, and what became of it everywhere."""
    from crossdock.console import RunningServer, trace_lines  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    for line in trace_lines(server.ask(f"/events/{quote(message_id, safe='')}/trace")):
        click.echo(line)


@click.command()
@click.option("--source", "source_id", help="Only of this source (its id).")
@click.option("--destination", "destination_id", help="Only for this destination (its id).")
@click.option("--step", help="Only this step, such as received, filtered, delivered.")
@click.option("--event", "event_name", help="Only events of this name.")
@server_access_options
def tail(data_dir: Path, url: str | None, token: str | None, **wanted: str | None) -> None:
    """Show what happens to events while it happens, until interrupted."""
    from crossdock.console import RunningServer, tail_line  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    names = {"source_id": "sourceId", "destination_id": "destinationId", "event_name": "eventName"}
    query = {names.get(key, key): value for key, value in wanted.items() if value}
    for entry in server.news(f"/ledger/tail?{urlencode(query)}"):
        click.echo(tail_line(entry))


@click.command()
@server_access_options
def balance(data_dir: Path, url: str | None, token: str | None) -> None:
    """Prove that nothing is missing: whatever was accepted is somewhere. Exits 1 if not."""
    from crossdock.console import RunningServer, balance_lines  # noqa: PLC0415 - `--help` needs none of it.

    answer = RunningServer(data_dir, url=url, token=token).ask("/balance")
    for line in balance_lines(answer):
        click.echo(line)
    if not answer["holds"]:
        sys.exit(1)
