"""The options that several commands have, and how they read the environment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def option(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return an option of a command, which is also read from the environment."""
    variable = "CROSSDOCK_" + names[0].partition("/")[0].removeprefix("--").upper().replace(
        "-", "_"
    )
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


def data_dir_option(default: str) -> Callable[[Command], Command]:
    """Return `--data-dir`, with the folder that is taken where none is named."""
    return option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path(default),
        show_default=f"./{default}",
        help="Where journal, workspace and keys live. Must survive a restart.",
    )


def database_option(command: Command) -> Command:
    """Add `--database-url`."""
    return option(
        "--database-url",
        help="SQLAlchemy URL of the workspace's database. Default: a SQLite file in the data dir.",
    )(command)


def server_options(data_dir: str) -> Callable[[Command], Command]:
    """Return everything that a server can be told, with the folder it takes by default."""
    options = [
        data_dir_option(data_dir),
        option("--host", default="127.0.0.1", show_default=True, help="The address to listen on."),
        option(
            "--port",
            type=click.IntRange(0, 65535),
            default=8080,
            show_default=True,
            help="The port to listen on; 0 takes a free one.",
        ),
        option(
            "--public-url",
            help="How browsers reach this server, such as https://events.example.com. "
            "Default: what each request says.",
        ),
        option(
            "--admin-token",
            help="Bearer token of the management API. Default: one is made at the first start.",
        ),
        option("--nats-url", help="An existing NATS server. Default: one is run as a child."),
        database_option,
        option(
            "--allowed-addresses",
            default="",
            help="Private networks (10.0.0.0/8) or host:port pairs that destinations may reach, "
            "separated by commas.",
        ),
        option(
            "--trusted-proxies",
            default="127.0.0.1,::1",
            show_default=True,
            help="Networks or addresses of proxies, separated by commas, that are believed what "
            "they say in X-Forwarded-For and X-Forwarded-Proto.",
        ),
        option(
            "--tls-certificate",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="PEM file; with --tls-key, serves https.",
        ),
        option(
            "--tls-key",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="PEM file.",
        ),
        option(
            "--cdn-path-prefix",
            help="A neutral first path segment, such as `site`, under which browsers find every "
            "path too. For visitors who run ad blockers.",
        ),
        option(
            "--journal-bytes-max",
            type=click.IntRange(min=64 * 1024**2),
            default=10 * 1024**3,
            show_default="10 GiB",
            help="How much disk the journal's events may take.",
        ),
        option(
            "--journal-age-days-max",
            type=click.IntRange(1, 3650),
            default=7,
            show_default=True,
            help="How long events stay in the journal.",
        ),
        option(
            "--duplicate-days-max",
            type=click.IntRange(0, 90),
            default=7,
            show_default=True,
            help="How long an event whose messageId came before is recognised as a duplicate; 0 "
            "recognises none.",
        ),
        option(
            "--retry-hours-max",
            type=click.FloatRange(0, 24 * 365),
            default=24.0,
            show_default=True,
            help="How long a delivery that fails is tried again before it is a dead letter.",
        ),
        option(
            "--ledger-age-days-max",
            type=click.IntRange(1, 3650),
            default=30,
            show_default=True,
            help="How long the ledger keeps what became of events.",
        ),
        option(
            "--ledger-bytes-max",
            type=click.IntRange(min=16 * 1024**2),
            default=10 * 1024**3,
            show_default="10 GiB",
            help="How much disk the ledger may take; the oldest entries make room.",
        ),
        option(
            "--profiles/--no-profiles",
            "has_profiles",
            default=True,
            show_default=True,
            help="Keep profiles, and the history of what people did, for the Profile API, SQL and "
            "audiences.",
        ),
        option(
            "--history-age-days-max",
            type=click.IntRange(1, 3650),
            default=400,
            show_default=True,
            help="How long the history keeps events. Profiles stay.",
        ),
        option(
            "--history-bytes-max",
            type=click.IntRange(min=64 * 1024**2),
            default=20 * 1024**3,
            show_default="20 GiB",
            help="How much disk profiles and history may take; the oldest events make room.",
        ),
        option(
            "--drain-seconds-max",
            type=click.FloatRange(0, 600),
            default=20.0,
            show_default=True,
            help="How long a graceful stop may take.",
        ),
        option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Log lines for people, or one JSON object a line.",
        ),
        option(
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


def server_access_options(command: Command) -> Command:
    """Add what it takes to reach a running server, and to be let in."""
    options: list[Callable[[Any], Any]] = [
        data_dir_option("crossdock-data"),
        option("--url", help="The server's address. Default: what the data dir says."),
        click.option(
            "--token",
            envvar="CROSSDOCK_ADMIN_TOKEN",
            show_envvar=True,
            help="The admin token. Default: what the data dir holds.",
        ),
    ]
    for each in reversed(options):
        command = each(command)
    return command
