"""Brings a database to the tables that this version of Crossdock expects."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection as Database

from crossdock.workspace.errors import DatabaseProblem

_SCRIPTS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Run the migrations that are missing, in the transaction that is open.

    Raises:
        DatabaseProblem: The database was last used by a newer version.
    """
    config = Config()
    # The option is a template, in which a percent sign has to be doubled.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = database
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseProblem(
            f"The workspace's database cannot be brought up to date: {error}.",
            do="Start the version of Crossdock that last used it, or restore a backup.",
        ) from error
