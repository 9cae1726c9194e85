"""What can be wrong with what an owner, or an operator, asks of the workspace.

CrossdockError
└── WorkspaceError
    ├── NotFound           there is no such thing                  → 404
    ├── Refused            one thing that was asked for cannot be  → 400
    ├── RefusedTogether    several of them, all told at once       → 400
    ├── ChangedMeanwhile   somebody else was faster                → 412
    ├── KeyProblem         secrets cannot be read                  → the server does not start
    └── DatabaseProblem    the database cannot be used             → the server does not start
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from crossdock.base.errors import CrossdockError


class WorkspaceError(CrossdockError):
    """Something about the workspace that a person can act on."""

    code: ClassVar[str] = "workspace"


class NotFound(WorkspaceError):
    """There is no such source, connection, mapping, filter or destination."""

    code: ClassVar[str] = "not_found"


class Refused(WorkspaceError):
    """One thing that was asked for cannot be.

    Attributes:
        reason: Stable, lower_snake_case; says which rule it breaks.
        field: Which part is meant, in the API's words, dotted: `settings.apiKey`.
        object_id: Which source, connection, mapping, filter, audience or computed trait is meant;
            empty for none.
        told_id: Which connection it is about that the audience or computed trait tells.
    """

    code: ClassVar[str] = "refused"

    def __init__(  # noqa: PLR0913 - what, where, and what to do.
        self,
        what: str,
        *,
        do: str,
        reason: str,
        field: str = "",
        object_id: str = "",
        told_id: str = "",
    ) -> None:
        super().__init__(what, do=do)
        self.reason = reason
        self.field = field
        self.object_id = object_id
        self.told_id = told_id


class RefusedTogether(WorkspaceError):
    """Several things that were asked for cannot be; all are told at once.

    Attributes:
        problems: At least one, in the order of the workspace.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, problems: Sequence[Refused]) -> None:
        super().__init__(
            "\n".join([*map(str, problems[:-1]), problems[-1].what]),
            do=problems[-1].do,
        )
        self.problems = tuple(problems)


class ChangedMeanwhile(WorkspaceError):
    """Somebody else changed it after the asker had looked.

    Attributes:
        object_id: Of the source, connection, mapping or filter.
    """

    code: ClassVar[str] = "changed_meanwhile"

    def __init__(self, what: str, *, do: str, object_id: str) -> None:
        super().__init__(what, do=do)
        self.object_id = object_id


class KeyProblem(WorkspaceError):
    """The key that opens the secrets is missing or another one."""

    code: ClassVar[str] = "secrets_key"


class DatabaseProblem(WorkspaceError):
    """The database cannot be used."""

    code: ClassVar[str] = "workspace_database"
