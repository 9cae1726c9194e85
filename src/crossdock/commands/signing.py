"""The command that signs a user for Ramen's secure mode."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Iterator

import click

from crossdock.base import json
from crossdock.base.clock import SystemClock
from crossdock.secure_mode import ramen_secure_mode


@click.command("sign-ramen")
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
