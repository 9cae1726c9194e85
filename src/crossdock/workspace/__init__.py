"""What is configured: sources, connections, mappings, filters.

- `feed`: hands each new version to whoever runs on it.
- `model`: frozen values; a `Workspace` is one version of all of it.
"""

from __future__ import annotations

from crossdock.workspace.feed import WorkspaceFeed
from crossdock.workspace.model import (
    Connection,
    Filter,
    FilterAction,
    Mapping,
    Source,
    Workspace,
)

__all__ = [
    "Connection",
    "Filter",
    "FilterAction",
    "Mapping",
    "Source",
    "Workspace",
    "WorkspaceFeed",
]
