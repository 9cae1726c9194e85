"""The command line: every command, in the order in which people meet them."""

from __future__ import annotations

import click
from typing_extensions import override

from crossdock.base.errors import CrossdockError
from crossdock.commands.as_code import apply, export
from crossdock.commands.comparing import conformance
from crossdock.commands.explaining import balance, tail, trace
from crossdock.commands.people import audiences, forget, sql
from crossdock.commands.replaying import replay, replays
from crossdock.commands.serving import demo, serve
from crossdock.commands.signing import sign_ramen


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


for command in (
    serve,
    demo,
    apply,
    export,
    replay,
    replays,
    trace,
    tail,
    balance,
    sql,
    audiences,
    forget,
    sign_ramen,
    conformance,
):
    cli.add_command(command)
