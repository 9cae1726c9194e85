"""All that an operator can see of the workspace: the only place in it that logs."""

from __future__ import annotations

from crossdock.base import logs
from crossdock.workspace.errors import WorkspaceError

_log = logs.logger("workspace")


def database_lost(error: WorkspaceError) -> None:
    """Report that the workspace cannot be read; everything goes on with the version it has."""
    _log.error("The workspace cannot be read.", code=error.code, what=error.what, do=error.do)


def database_back() -> None:
    """Report that the workspace can be read again."""
    _log.info("The workspace can be read again.")
