"""Commands that run the server."""

from __future__ import annotations

import signal
import sys
from typing import Any

import click

from crossdock.base import logs
from crossdock.base.settings import ServerSettings
from crossdock.commands.options import option, server_options


@click.command()
@server_options("crossdock-data")
@option(
    "--sandbox/--no-sandbox",
    "has_sandbox",
    default=False,
    help="Also run the stand-ins for Ripe and Ramen at /sandbox. Their keys are published: anybody "
    "who reaches this server can write to them. Their pages want the admin token.",
)
def serve(**options: Any) -> None:
    """Run the collector, the pipeline and the management API."""
    _serve(_settings(options), is_demo=False)


@click.command()
@server_options("crossdock-demo-data")
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
