"""The command line. The only reader of the environment: every option is also `CROSSDOCK_…`."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

import click
from typing_extensions import override

from crossdock.base import json, logs
from crossdock.base.clock import SystemClock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import RandomIds
from crossdock.base.settings import ServerSettings
from crossdock.secure_mode import ramen_secure_mode

if TYPE_CHECKING:
    # What they need is imported by the commands that need it: `--help` answers at once.
    from crossdock.catalog import Catalog
    from crossdock.workspace import Store

Command = TypeVar("Command", bound=Callable[..., Any])


class _Group(click.Group):
    """Prints what went wrong and what to do, instead of a traceback."""

    @override
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CrossdockError as error:
            for problem in getattr(error, "problems", (error,)):
                click.secho(problem.what, fg="red", err=True)
                click.echo(problem.do, err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crossdock")
def cli() -> None:
    """Crossdock: a self-hosted customer-data platform.

    `crossdock serve` runs all of it in one process. Every option can also be set in the
    environment, as CROSSDOCK_ and its name.
    """


def _option(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    variable = "CROSSDOCK_" + names[0].partition("/")[0].removeprefix("--").upper().replace(
        "-", "_"
    )
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


def _data_dir_option(default: str) -> Callable[[Command], Command]:
    return _option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(default),
        show_default=f"./{default}",
        help="Where journal, workspace and keys live. Must survive a restart.",
    )


def _database_option(command: Command) -> Command:
    return _option(
        "--database-url",
        help="SQLAlchemy URL of the workspace's database. Default: a SQLite file in the data dir.",
    )(command)


def _server_options(data_dir: str) -> Callable[[Command], Command]:
    options = [
        _data_dir_option(data_dir),
        _option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
        _option(
            "--port",
            type=click.IntRange(0, 65535),
            default=8080,
            show_default=True,
            help="The port to listen on; 0 takes a free one.",
        ),
        _option(
            "--public-url",
            help="How browsers reach this server, such as https://events.example.com. "
            "Default: what each request says.",
        ),
        _option(
            "--admin-token",
            help="Bearer token of the management API. Default: one is made at the first start.",
        ),
        _option("--nats-url", help="An existing NATS server. Default: one is run as a child."),
        _database_option,
        _option(
            "--allowed-addresses",
            default="",
            help="Private networks (10.0.0.0/8) or host:port pairs that destinations may reach, "
            "separated by commas.",
        ),
        _option(
            "--trusted-proxies",
            default="127.0.0.1,::1",
            show_default=True,
            help="Networks or addresses of proxies, separated by commas, that are believed what "
            "they say in X-Forwarded-For and X-Forwarded-Proto.",
        ),
        _option(
            "--tls-certificate",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="PEM file; with --tls-key, serves https.",
        ),
        _option(
            "--tls-key",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="PEM file.",
        ),
        _option(
            "--cdn-path-prefix",
            help="A neutral first path segment, such as `site`, under which browsers find every "
            "path too. For visitors who run ad blockers.",
        ),
        _option(
            "--journal-bytes-max",
            type=click.IntRange(min=64 * 1024**2),
            default=10 * 1024**3,
            show_default="10 GiB",
            help="How much disk the journal's events may take.",
        ),
        _option(
            "--journal-age-days-max",
            type=click.IntRange(1, 3650),
            default=7,
            show_default=True,
            help="How long events stay in the journal.",
        ),
        _option(
            "--duplicate-days-max",
            type=click.IntRange(0, 90),
            default=7,
            show_default=True,
            help="How long an event whose messageId came before is recognised as a duplicate; 0 "
            "recognises none.",
        ),
        _option(
            "--retry-hours-max",
            type=click.FloatRange(0, 24 * 365),
            default=24.0,
            show_default=True,
            help="How long a delivery that fails is tried again before it is a dead letter.",
        ),
        _option(
            "--ledger-age-days-max",
            type=click.IntRange(1, 3650),
            default=30,
            show_default=True,
            help="How long the ledger keeps what became of events.",
        ),
        _option(
            "--ledger-bytes-max",
            type=click.IntRange(min=16 * 1024**2),
            default=10 * 1024**3,
            show_default="10 GiB",
            help="How much disk the ledger may take; the oldest entries make room.",
        ),
        _option(
            "--profiles/--no-profiles",
            "has_profiles",
            default=True,
            show_default=True,
            help="Keep profiles, and the history of what people did, for the Profile API, SQL and "
            "audiences.",
        ),
        _option(
            "--history-age-days-max",
            type=click.IntRange(1, 3650),
            default=400,
            show_default=True,
            help="How long the history keeps events. Profiles stay.",
        ),
        _option(
            "--history-bytes-max",
            type=click.IntRange(min=64 * 1024**2),
            default=20 * 1024**3,
            show_default="20 GiB",
            help="How much disk profiles and history may take; the oldest events make room.",
        ),
        _option(
            "--drain-seconds-max",
            type=click.FloatRange(0, 600),
            default=20.0,
            show_default=True,
            help="How long a graceful stop may take.",
        ),
        _option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Log lines for people, or one JSON object a line.",
        ),
        _option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"]),
            default="info",
            show_default=True,
            help="The least level that is logged.",
        ),
    ]

    def with_options(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options


@cli.command()
@_server_options("crossdock-data")
@_option(
    "--sandbox/--no-sandbox",
    "has_sandbox",
    default=False,
    help="Also run the stand-ins for Ripe and Ramen at /sandbox. Their keys are published: anybody "
    "who reaches this server can write to them. Their pages want the admin token.",
)
def serve(**options: Any) -> None:
    """Run the collector, the pipeline and the management API."""
    _serve(_settings(options), is_demo=False)


@cli.command()
@_server_options("crossdock-demo-data")
def demo(**options: Any) -> None:
    """Run everything that `crossdock serve` runs, with a demo workspace and a shop to click in.

    Stand-ins for Ripe and Ramen run beside it. It has a data directory of its own, so that
    `crossdock serve` starts with an empty workspace.
    """
    _serve(_settings(options), is_demo=True)


def _settings(options: dict[str, Any]) -> ServerSettings:
    lists = {
        name: tuple(part.strip() for part in options[name].split(",") if part.strip())
        for name in ("allowed_addresses", "trusted_proxies")
    }
    return ServerSettings(**{**options, **lists})


def _serve(settings: ServerSettings, *, is_demo: bool) -> None:
    # From here on a signal means: stop, all is well. The server has its own way once it runs.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    from crossdock import server  # noqa: PLC0415 - the other commands start without all of this.

    logs.configure(log_format=settings.log_format, level=settings.log_level)
    server.run(settings, is_demo=is_demo)


@cli.command()
@click.argument("file", type=click.File("rb"))
@_data_dir_option("crossdock-data")
@_database_option
@click.option("--plan", "is_plan", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--allow-delete",
    "may_delete_sources",
    is_flag=True,
    help="Delete the sources that FILE does not name. Without it, such a file is refused.",
)
def apply(
    file: IO[bytes],
    data_dir: Path,
    database_url: str | None,
    *,
    is_plan: bool,
    may_delete_sources: bool,
) -> None:
    """Make the workspace what FILE says; `-` reads standard input.

    A running server follows within a second. `{env: NAME}` in the file stands for a secret in this
    command's environment.
    """
    from crossdock.workspace.plan import WorkspaceFile, plan_lines  # noqa: PLC0415

    with _store(data_dir, database_url) as (store, catalog):
        wanted = WorkspaceFile(
            file.read().decode(errors="replace"),
            find_destination=catalog.find,
            find_env=os.environ.get,  # noqa: TID251 - this is the module that reads it.
            ids=RandomIds(),
        )
        changes = (
            wanted.plan(store)
            if is_plan
            else wanted.apply(store, by="crossdock apply", may_delete_sources=may_delete_sources)
        )
    for line in plan_lines(changes):
        click.echo(line)
    if not changes:
        click.echo("Nothing to change.")


@cli.command()
@click.argument("file", type=click.File("wb"), default="-")
@_data_dir_option("crossdock-data")
@_database_option
def export(file: IO[bytes], data_dir: Path, database_url: str | None) -> None:
    """Write the workspace to FILE as YAML, or to standard output. Secrets stay where they are."""
    from crossdock.workspace.yaml_file import export_yaml  # noqa: PLC0415

    with _store(data_dir, database_url) as (store, catalog):
        file.write(export_yaml(store.load(), catalog.find).encode())


@contextlib.contextmanager
def _store(data_dir: Path, database_url: str | None) -> Iterator[tuple[Store, Catalog]]:
    """Open the workspace of a data directory that is there."""
    from crossdock import startup  # noqa: PLC0415 - the other commands start without all of this.
    from crossdock.catalog import load_catalog  # noqa: PLC0415

    if database_url is None and not (data_dir / "workspace.sqlite3").exists():
        raise click.UsageError(
            f'There is no workspace in "{data_dir}". Name the --data-dir that the server uses, or '
            "start it once."
        )
    catalog = load_catalog()
    store = startup.open_store(data_dir, database_url, catalog=catalog, clock=SystemClock())
    try:
        yield store, catalog
    finally:
        store.close()


def _server_access_options(command: Command) -> Command:
    options: list[Callable[[Any], Any]] = [
        _data_dir_option("crossdock-data"),
        _option("--url", help="The server's address. Default: what the data dir says."),
        click.option(
            "--token",
            envvar="CROSSDOCK_ADMIN_TOKEN",
            show_envvar=True,
            help="The admin token. Default: what the data dir holds.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@click.option("--destination", "destination_id", required=True, help="Who gets them (its id).")
@click.option("--from", "start_time", required=True, help="Such as 2030-01-01T00:00:00Z.")
@click.option("--to", "end_time", help="Events accepted before this moment. Default: now.")
@click.option("--filter", "fql", default="", help="FQL; events that do not match are left out.")
@click.option(
    "--rate", type=float, default=100.0, show_default=True, help="Deliveries a second, at most."
)
@click.option("--dry-run", is_flag=True, help="Only count.")
@click.option("--follow/--no-follow", default=True, help="Wait, and say how far it is.")
@_server_access_options
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


@cli.command()
@click.option("--cancel", "cancelled_id", help="End this one.")
@_server_access_options
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


@cli.command()
@click.argument("message_id")
@_server_access_options
def trace(message_id: str, data_dir: Path, url: str | None, token: str | None) -> None:
    """Tell the life of an event: what was received, and what became of it everywhere."""
    from crossdock.console import RunningServer, trace_lines  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    for line in trace_lines(server.ask(f"/events/{quote(message_id, safe='')}/trace")):
        click.echo(line)


@cli.command()
@click.option("--source", "source_id", help="Only of this source (its id).")
@click.option("--destination", "destination_id", help="Only for this destination (its id).")
@click.option("--step", help="Only this step, such as received, filtered, delivered.")
@click.option("--event", "event_name", help="Only events of this name.")
@_server_access_options
def tail(data_dir: Path, url: str | None, token: str | None, **wanted: str | None) -> None:
    """Show what happens to events while it happens, until interrupted."""
    from crossdock.console import RunningServer, tail_line  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    names = {"source_id": "sourceId", "destination_id": "destinationId", "event_name": "eventName"}
    query = {names.get(key, key): value for key, value in wanted.items() if value}
    for entry in server.news(f"/ledger/tail?{urlencode(query)}"):
        click.echo(tail_line(entry))


@cli.command()
@_server_access_options
def balance(data_dir: Path, url: str | None, token: str | None) -> None:
    """Prove that nothing is missing: whatever was accepted is somewhere. Exits 1 if not."""
    from crossdock.console import RunningServer, balance_lines  # noqa: PLC0415 - `--help` needs none of it.

    answer = RunningServer(data_dir, url=url, token=token).ask("/balance")
    for line in balance_lines(answer):
        click.echo(line)
    if not answer["holds"]:
        sys.exit(1)


@cli.command()
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
@_server_access_options
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


@cli.command()
@_server_access_options
def audiences(*, data_dir: Path, url: str | None, token: str | None) -> None:
    """List audiences and computed traits: how many are in, and how far destinations are told."""
    from crossdock.console import RunningServer, audience_lines  # noqa: PLC0415 - `--help` needs none of it.

    server = RunningServer(data_dir, url=url, token=token)
    for path in ("/audiences", "/computed-traits"):
        for line in audience_lines(server, path):
            click.echo(line)


@cli.command()
@click.argument("user_id")
@click.option(
    "--suppress/--no-suppress",
    default=False,
    help="Also refuse what comes about this user from now on.",
)
@click.option("--follow/--no-follow", default=True, help="Wait until everything is deleted.")
@_server_access_options
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


@cli.command("sign-ramen")
@click.option("--id", "user_id", required=True, help="The user's id, as the page identifies them.")
@click.option("--email", default="", help="The user's e-mail, if you pass one to identify().")
@click.option("--name", default="", help="The user's name, if you pass one to identify().")
@click.option(
    "--secret",
    envvar="RAMEN_ORGANIZATION_SECRET_KEY",
    show_envvar=True,
    help="The organization's secret key. Better in the environment than on the command line, "
    "which other people on the machine can read.",
)
@click.option(
    "--timestamp", type=int, help="Seconds since the epoch. Default: now. Good for 15 minutes."
)
def sign_ramen(
    *, user_id: str, email: str, name: str, secret: str | None, timestamp: int | None
) -> None:
    """Sign a user for Ramen's secure mode; prints the `integrations.Ramen` options as JSON.

    Without a secret a person is asked for it.
    """
    if not secret and not sys.stdin.isatty():
        raise click.UsageError(
            "There is no secret. Set RAMEN_ORGANIZATION_SECRET_KEY to the organization's secret "
            "key, or call this in a terminal, where you are asked for it."
        )
    secret = secret or click.prompt("Secret", hide_input=True, err=True)
    if not user_id:
        raise click.UsageError("--id is empty. Give the id that the page gives to identify().")
    now: int | dt.datetime = SystemClock().now() if timestamp is None else timestamp
    for warning in _signature_warnings(email, timestamp, SystemClock().now()):
        click.secho(warning, fg="yellow", err=True)
    user = {"id": user_id, "email": email, "name": name}
    click.echo(json.encode(ramen_secure_mode(user, secret, now)).decode())


def _signature_warnings(email: str, timestamp: int | None, now: dt.datetime) -> Iterator[str]:
    """Yield what Ramen would refuse, or what was hardly meant; it is signed all the same."""
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        yield f'"{email}" is no e-mail address. Ramen is given it as the page passes it.'
    if timestamp is None:
        return
    age_seconds = now.timestamp() - timestamp
    # From here on a number of seconds is a date after the year 5000.
    if timestamp >= 100_000_000_000:  # noqa: PLR2004 - said above.
        yield "The timestamp is in milliseconds; Ramen reads seconds. Divide it by 1000."
    elif age_seconds > 15 * 60:
        yield (
            f"The timestamp is {round(age_seconds / 60)} minutes old; Ramen takes 15. Leave "
            "--timestamp out to sign for now."
        )
    elif age_seconds < -60:  # noqa: PLR2004 - a minute.
        yield (
            f"The timestamp is {round(-age_seconds / 60)} minutes ahead; Ramen refuses it. Leave "
            "--timestamp out to sign for now."
        )


@cli.command()
@click.argument("kind", type=click.Choice(["mapping", "fql", "validation", "presets"]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def conformance(kind: str, file: Path) -> None:
    """Compare the kit with Segment's framework, line by line of FILE."""
    from crossdock.conformance import run  # noqa: PLC0415

    sys.exit(run(kind, file, click.echo))
