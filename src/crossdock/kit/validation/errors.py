"""What can be wrong with a payload.

CrossdockError
├── PayloadRejected    this payload is not what the action takes → the event is discarded
└── SchemaError        the fields of an action make no schema → correct its definition
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from crossdock.base.errors import CrossdockError


class PayloadError(NamedTuple):
    """One thing that is wrong with a payload.

    Attributes:
        path: Where, as in `$.products[0].price`.
        pointer: Where, as a JSON pointer.
        message: A sentence in the words of Segment's runtime; names the field, never the value.
    """

    path: str
    pointer: str
    message: str


class PayloadRejected(CrossdockError):
    """The payload is not what the action takes.

    Attributes:
        errors: Everything that is wrong with it, in the order of the fields.
        coerced: The payload as far as it could be brought into shape.
    """

    code: ClassVar[str] = "payload_rejected"

    def __init__(self, errors: tuple[PayloadError, ...], coerced: object) -> None:
        super().__init__(
            " ".join(error.message for error in errors),
            do="Change the mapping so that these fields get what they need.",
        )
        self.errors = errors
        self.coerced = coerced


class SchemaError(CrossdockError):
    """The fields of an action make no schema.

    Attributes:
        message: In the words of Segment's runtime.
        stage: `schema` where it shows when the schema is built, `validate` when it is first used.
    """

    code: ClassVar[str] = "schema_wrong"

    def __init__(self, message: str, *, stage: str = "validate") -> None:
        super().__init__(message, do="Correct the fields of the action's definition.")
        self.message = message
        self.stage = stage
