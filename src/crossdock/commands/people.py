"""Commands about the people whom events are about."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from crossdock.base.clock import SystemClock
from crossdock.commands.options import server_access_options


@click.command()
@click.argument("text", metavar="SELECT")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How the answer is printed; JSON has one object a line.",
)
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=1_000, show_default=True, help="Rows."
)
@click.option(
    "--timeout-seconds", type=click.IntRange(1, 60), default=30, show_default=True, help="At most."
)
@server_access_options
def sql(  # noqa: PLR0913 - every option has its place.
    text: str,
    *,
    style: str,
    limit: int,
    timeout_seconds: int,
    data_dir: Path,
    url: str | None,
    token: str | None,
) -> None:
    """Ask a running server in SQL: `events`, `profiles`, and Segment's warehouse tables.

    `crossdock sql "SHOW ALL TABLES"` names them. Nothing can be changed.
    """
    from crossdock.console import RunningServer, table_lines  # noqa: PLC0415 - `--help` needs none of it.

    question = {"sql": text, "limit": limit, "timeoutSeconds": timeout_seconds}
    answer = RunningServer(data_dir, url=url, token=token).ask("/sql", method="POST", body=question)
    for line in table_lines(answer, style):
        click.echo(line)
    if answer["hasMore"]:
        click.secho(f"There are more than these {limit} rows.", fg="yellow", err=True)


@click.command()
@server_access_options
def audiences(*, data_dir: Path, url: str | None, token: str | None) -> None:
    """List audiences and computed traits: how many are in, and how far destinations are told."""
    from crossdock.console import RunningServer, audience_lines  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    for path in ("/audiences", "/computed-traits"):
        for line in audience_lines(server, path):
            click.echo(line)


@click.command()
@click.argument("user_id")
@click.option(
    "--suppress/--no-suppress",
    default=False,
    help="Also refuse what comes about this user from now on.",
)
@click.option("--follow/--no-follow", default=True, help="Wait until everything is deleted.")
@server_access_options
def forget(  # noqa: PLR0913 - every option has its place.
    user_id: str,
    *,
    suppress: bool,
    follow: bool,
    data_dir: Path,
    url: str | None,
    token: str | None,
) -> None:
    """Forget a user: profile, history, payloads in the ledger, and what waits to be delivered."""
    from crossdock.console import RunningServer  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    order = {
        "regulationType": "SUPPRESS_WITH_DELETE" if suppress else "DELETE_ONLY",
        "subjectType": "USER_ID",
        "subjectIds": [user_id],
    }
    regulation_id = server.ask("/regulations", method="POST", body=order)["regulateId"]
    while True:
        status = server.ask(f"/regulations/{regulation_id}")["regulation"]["overallStatus"]
        if status == "FINISHED" or not follow:
            break
        asyncio.run(SystemClock().sleep(0.5))
    click.echo("Forgotten." if status == "FINISHED" else f"Being forgotten ({regulation_id}).")
