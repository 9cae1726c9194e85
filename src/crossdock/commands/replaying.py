"""Commands that have a running server send events once more."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import quote

import click

from crossdock.base.clock import SystemClock
from crossdock.commands.options import server_access_options


@click.command()
@click.option("--destination", "destination_id", required=True, help="Who gets them (its id).")
@click.option("--from", "start_time", required=True, help="Such as 2030-01-01T00:00:00Z.")
@click.option("--to", "end_time", help="Events accepted before this moment. Default: now.")
@click.option("--filter", "fql", default="", help="FQL; events that do not match are left out.")
@click.option(
    "--rate", type=float, default=100.0, show_default=True, help="Deliveries a second, at most."
)
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--follow/--no-follow", default=True, help="Wait, and say how far it is.")
@server_access_options
def replay(  # noqa: PLR0913 - every option has its place.
    *,
    destination_id: str,
    start_time: str,
    end_time: str | None,
    fql: str,
    rate: float,
    dry_run: bool,
    follow: bool,
    data_dir: Path,
    url: str | None,
    token: str | None,
) -> None:
    """Send the events of a time range to one destination once more, by a running server.

    Ending this command does not end the replay; `crossdock replays --cancel ID` does.
    """
    from crossdock.console import RunningServer, replay_line, replay_lines  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    path = f"/destinations/{quote(destination_id, safe='')}"
    order = {
        "sourceId": server.ask(path)["destination"]["sourceId"],
        "destinationId": destination_id,
        "startTime": start_time,
        "endTime": end_time or SystemClock().now().isoformat(),
        "filter": fql,
        "ratePerSecond": rate,
        "dryRun": dry_run,
    }
    made = server.ask("/replays", method="POST", body=order)["replay"]
    while follow and made["state"] == "running":
        click.echo(replay_line(made))
        asyncio.run(SystemClock().sleep(1.0))
        made = server.ask(f"/replays/{made['id']}")["replay"]
    for line in replay_lines(made):
        click.echo(line)
    if made["state"] == "failed":
        sys.exit(1)


@click.command()
@click.option("--cancel", "cancelled_id", help="End this one.")
@server_access_options
def replays(
    *, cancelled_id: str | None, data_dir: Path, url: str | None, token: str | None
) -> None:
    """List the replays of a running server, the newest first; or end one."""
    from crossdock.console import RunningServer, replay_lines  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    if cancelled_id:
        path = f"/replays/{quote(cancelled_id, safe='')}"
        shown = [server.ask(path, method="DELETE")["replay"]]
    else:
        shown = server.ask("/replays")["replays"]
    for one in shown:
        for line in replay_lines(one):
            click.echo(line)
