"""Commands that read and write the workspace as a file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from crossdock.base.clock import SystemClock
from crossdock.base.ids import RandomIds
from crossdock.commands.options import data_dir_option, database_option

if TYPE_CHECKING:
    from crossdock.catalog import Catalog
    from crossdock.workspace import Store


@click.command()
@click.argument("file", type=click.File("rb"))
@data_dir_option("crossdock-data")
@database_option
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


@click.command()
@click.argument("file", type=click.File("wb"), default="-")
@data_dir_option("crossdock-data")
@database_option
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
