"""How the API answers: envelopes, pages, errors and versions, in the shapes of Segment's."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException
from starlette.routing import Match

from crossdock.audiences.history import HistoryBusy, HistoryUnavailable
from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.control import report
from crossdock.ledger import LedgerBusy, LedgerUnavailable
from crossdock.people import Forbidden, SignInRefused, TooManyTries
from crossdock.pipeline.journal import JournalError
from crossdock.workspace import (
    ChangedMeanwhile,
    DatabaseProblem,
    KeyProblem,
    NotFound,
    Refused,
    RefusedTogether,
)

COUNT_DEFAULT = 50
COUNT_MAX = 200

T = TypeVar("T")


class Shape(BaseModel):
    """A part of an answer: camelCase outside, snake_case inside."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )


class Request_(Shape):  # noqa: N801 - `Request` is taken.
    """A part of a request. A key that is not known is refused, since it may be a typing error."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Data(BaseModel, Generic[T]):
    """The envelope of everything that went well."""

    data: T


class Status(Shape):
    """The answer to a deletion."""

    status: Literal["SUCCESS"] = "SUCCESS"


class Pagination(Shape):
    """Where a page stands in its list."""

    current: str
    next: str | None = None
    previous: str | None = None
    total_entries: int


class Conflict(Shape):
    """What somebody else made of it meanwhile.

    `current` is the object as its own path gives it; `etag` is the version to build on.
    """

    changed_by: str
    changed_at: dt.datetime
    etag: str
    current: JsonObject


class Problem(Shape):
    """One thing that is wrong.

    `data` holds the two halves of the message: what happened, and what to do. `conflict` comes
    with 412.
    """

    type: str
    message: str
    field: str | None = None
    data: dict[str, str] | None = None
    conflict: Conflict | None = None


class Problems(Shape):
    """The envelope of everything that did not go well."""

    errors: list[Problem]


ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problems, "description": description}
    for status, description in (
        (400, "Something in the request cannot be."),
        (401, "The token or session is missing, wrong, or has ended."),
        (403, "Whoever asks may not do this."),
        (404, "There is no such thing."),
        (412, "Somebody else changed it meanwhile."),
        (429, "There were too many wrong tries."),
        (503, "Something that is needed does not answer at the moment."),
    )
}


class Paging:
    """Which page was asked for.

    Raises:
        Refused: The cursor is not one of ours.
    """

    def __init__(
        self,
        cursor: Annotated[
            str | None, Query(alias="pagination[cursor]", description="Of the page before.")
        ] = None,
        count: Annotated[
            int,
            Query(alias="pagination[count]", ge=1, le=COUNT_MAX, description="At most so many."),
        ] = COUNT_DEFAULT,
    ) -> None:
        self.count = count
        self.start = _start(cursor)

    def page(self, everything: Sequence[T]) -> tuple[Sequence[T], Pagination]:
        """Return the page, and where it stands."""
        end = self.start + self.count
        return everything[self.start : end], Pagination(
            current=_cursor(self.start),
            next=_cursor(end) if end < len(everything) else None,
            previous=_cursor(max(0, self.start - self.count)) if self.start else None,
            total_entries=len(everything),
        )


IfMatch = Annotated[
    str | None,
    Header(
        alias="if-match",
        description="The ETag of the version you looked at: the change is refused with 412 if "
        "somebody else made one since. Without it the last change wins.",
    ),
]


def expected_version(if_match: str | None) -> int | None:
    """Return the version that the header names; None if it expects nothing.

    Raises:
        Refused: It is not one of our ETags.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:  # noqa: PLR2004 - 63 bits.
        raise Refused(
            "The header If-Match is not an ETag that this API gave.",
            do="Send the ETag of the answer that you looked at, or leave the header out.",
            reason="unusable_etag",
            field="If-Match",
        )
    return int(digits)


def give_etag(response: Response, version: int) -> None:
    """Put the version into the answer's headers."""
    response.headers["etag"] = f'"{version}"'


def error_response(
    status: int, code: str, what: str, do: str, *, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the answer that tells one problem."""
    return _problems_response(
        status, [Problem(type=code, message=f"{what} {do}", data={"what": what, "do": do})], headers
    )


def answer_errors(app: FastAPI) -> None:
    """Let every error be answered in the envelope."""
    app.add_exception_handler(CrossdockError, _on_crossdock_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_bug)


def problem_response(error: CrossdockError, conflict: Conflict | None = None) -> JSONResponse:
    """Return the answer that tells what a person can act on."""
    if isinstance(error, RefusedTogether):
        return _problems_response(400, [_problem(one) for one in error.problems])
    headers = None
    if isinstance(error, TooManyTries):
        headers = {"retry-after": str(error.wait_seconds)}
    problem = _problem(error).model_copy(update={"conflict": conflict})
    return _problems_response(_status(error), [problem], headers)


def _on_crossdock_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, CrossdockError)  # noqa: S101 - it is registered for these.
    return problem_response(error)


def _on_validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it is registered for these.
    return _problems_response(400, [_validation_problem(one) for one in error.errors()])


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these.
    where = f"{request.method} {request.url.path}"
    headers = error.headers
    if error.status_code == 405:  # noqa: PLR2004 - method not allowed.
        headers = {"allow": ", ".join(sorted(_methods_at(request)))}
    return error_response(
        error.status_code,
        {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "unexpected"),
        f'There is nothing at "{where}".',
        "Look into openapi.json for the paths and methods that there are.",
        headers=headers,
    )


def _methods_at(request: Request) -> set[str]:
    """Return every method that the path takes. Starlette names those of one route only."""
    found: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            found.add(method)
    return found


def _on_bug(_: Request, error: Exception) -> Response:
    report.unexpected_error(error)
    return error_response(
        500,
        "unexpected",
        "The server met a bug of its own.",
        "Look into its log for the line that says so, and report it.",
    )


_STATUSES: dict[type[CrossdockError], int] = {
    SignInRefused: 401,
    Forbidden: 403,
    NotFound: 404,
    ChangedMeanwhile: 412,
    TooManyTries: 429,
}


def _status(error: CrossdockError) -> int:
    for kind, status in _STATUSES.items():
        if isinstance(error, kind):
            return status
    unavailable = (
        *(DatabaseProblem, KeyProblem, JournalError),
        *(LedgerUnavailable, LedgerBusy, HistoryUnavailable, HistoryBusy),
    )
    if isinstance(error, unavailable):
        return 503
    return 400


def _problem(error: CrossdockError) -> Problem:
    return Problem(
        type=error.reason if isinstance(error, (Forbidden, Refused)) else error.code,
        message=f"{error.what} {error.do}",
        field=(error.field or None) if isinstance(error, Refused) else None,
        data={"what": error.what, "do": error.do},
    )


def _validation_problem(found: Mapping[str, Any]) -> Problem:
    where, *path = found["loc"]
    field = ".".join(str(part) for part in path) or str(where)
    # Pydantic's own message names the rule, and never the value.
    what = f'"{field}": {found["msg"]}.'
    do = "Correct it; openapi.json describes the request."
    return Problem(
        type="invalid_request", message=f"{what} {do}", field=field, data={"what": what, "do": do}
    )


def _problems_response(
    status: int, problems: list[Problem], headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = Problems(errors=problems).model_dump(mode="json", by_alias=True, exclude_none=True)
    return JSONResponse(body, status, headers)


def _cursor(start: int) -> str:
    return base64.b64encode(str(start).encode()).decode()


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        start = int(base64.b64decode(cursor, validate=True))
    except (ValueError, binascii.Error):
        start = -1
    if not 0 <= start < 2**31:
        raise Refused(
            "The cursor is not one that this API gave.",
            do="Send the `next` or `previous` of an answer's pagination, or none for the first "
            "page.",
            reason="unusable_cursor",
            field="pagination[cursor]",
        )
    return start
