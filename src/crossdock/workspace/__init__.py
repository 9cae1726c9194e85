"""What is configured: sources, connections, mappings, filters.

- `audit`: who did what.
- `bootstrap`: what a workspace starts with.
- `differences`: what differs between two versions, without secrets.
- `edits`: changes as functions from one workspace to the next.
- `errors`: what can be wrong with what is asked of the workspace.
- `feed`: hands each new version to whoever runs on it.
- `follow`: carries every new version from the store to the feed.
- `migrate`, `migrations`: brings a database to the tables of this version.
- `model`: frozen values; a `Workspace` is one version of all of it.
- `plan`: what a workspace's file would change, and the change.
- `report`: all that an operator can see of it.
- `rows`: a workspace as rows of the tables, and back.
- `rules`, `computation_rules`, `filter_rules`, `setting_rules`: what may be configured.
- `secret_box`: keeps settings unreadable at rest.
- `source_types`: what can send messages.
- `store`: keeps the workspace in a database.
- `tables`: the tables.
- `transactions`: begun in the database, whose errors they put into words.
- `yaml_file`, `yaml_reading`, `yaml_computations`: the workspace as one YAML file, out and in.
- `yaml_node`, `yaml_text`: a place in such a file; YAML without surprises.
"""

from __future__ import annotations

from crossdock.workspace.audit import AuditEvent, AuditLog, Deed
from crossdock.workspace.differences import Change, FindDestination
from crossdock.workspace.errors import (
    ChangedMeanwhile,
    DatabaseProblem,
    KeyProblem,
    NotFound,
    Refused,
    RefusedTogether,
    WorkspaceError,
)
from crossdock.workspace.feed import WorkspaceFeed
from crossdock.workspace.follow import follow
from crossdock.workspace.model import (
    CallKind,
    Computation,
    ComputationKind,
    Connection,
    Filter,
    FilterAction,
    Mapping,
    Output,
    Source,
    Workspace,
)
from crossdock.workspace.rules import Rules
from crossdock.workspace.store import Identity, Store
from crossdock.workspace.transactions import Transactions, sqlite_url

__all__ = [
    "AuditEvent",
    "AuditLog",
    "CallKind",
    "Change",
    "ChangedMeanwhile",
    "Computation",
    "ComputationKind",
    "Connection",
    "DatabaseProblem",
    "Deed",
    "Filter",
    "FilterAction",
    "FindDestination",
    "Identity",
    "KeyProblem",
    "Mapping",
    "NotFound",
    "Output",
    "Refused",
    "RefusedTogether",
    "Rules",
    "Source",
    "Store",
    "Transactions",
    "Workspace",
    "WorkspaceError",
    "WorkspaceFeed",
    "follow",
    "sqlite_url",
]
