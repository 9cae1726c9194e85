"""All that an operator can see of the workspace: the only place in it that logs."""

from __future__ import annotations

from crossdock.base import logs
from crossdock.workspace.errors import WorkspaceError

_log = logs.logger("workspace")


def database_lost(error: Exception) -> None:
    """Report that the workspace cannot be read; everything goes on with the version it has."""
    if isinstance(error, WorkspaceError):
        _log.error("The workspace cannot be read.", code=error.code, what=error.what, do=error.do)
    else:
        _log.error("Reading the workspace met a bug.", exc_info=error)


def database_back() -> None:
    """Report that the workspace can be read again."""
    _log.info("The workspace can be read again.")


def subscriber_failed(version: int, error: Exception) -> None:
    """Report that a part of the server stays with an older version of the workspace."""
    _log.error(
        "A part of the server cannot use the new version of the workspace, and keeps its old one.",
        version=version,
        exc_info=error,
    )
