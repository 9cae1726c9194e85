"""The workspace itself: what it is called, as a file, and who changed what."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query, Response
from fastapi.responses import PlainTextResponse

from crossdock.base.json import JsonObject
from crossdock.control import report
from crossdock.control.answers import (
    Data,
    IfMatch,
    Pagination,
    Shape,
    expected_version,
    give_etag,
)
from crossdock.control.audit import Newest
from crossdock.control.parts import Here, Parts
from crossdock.workspace import AuditEvent, Change, Refused
from crossdock.workspace.plan import WorkspaceFile, plan_lines
from crossdock.workspace.yaml_file import export_yaml

router = APIRouter(tags=["Workspace"])

YamlBody = Annotated[bytes, Body(media_type="application/yaml")]


class WorkspaceShape(Shape):
    """The workspace."""

    id: str
    slug: str
    name: str
    version: int


class WorkspaceAnswer(Shape):
    """The workspace."""

    workspace: WorkspaceShape


class ChangeShape(Shape):
    """One difference. Secrets are hidden."""

    kind: Literal["source", "connection", "mapping", "filter", "audience", "computed_trait"]
    change: Literal["created", "changed", "deleted", "reordered"]
    id: str
    path: str
    before: JsonObject | None
    after: JsonObject | None


class PlanAnswer(Shape):
    """What a file changes: as values, and as lines for people."""

    changes: list[ChangeShape]
    lines: list[str]


class AuditEventShape(Shape):
    """Who changed what, and when: Segment's fields, then what ours has more."""

    id: str
    timestamp: dt.datetime
    type: str
    actor: str
    resource_id: str
    resource_type: str
    resource_name: str
    version: int
    before: JsonObject | None
    after: JsonObject | None


class AuditEventsAnswer(Shape):
    """A page of audit events, newest first."""

    events: list[AuditEventShape]
    pagination: Pagination


@router.get("/")
def read_workspace(parts: Here) -> Data[WorkspaceAnswer]:
    """Return the workspace."""
    identity = parts.store.identity
    shape = WorkspaceShape(
        id=identity.id, slug=identity.slug, name=identity.name, version=parts.store.version()
    )
    return Data(data=WorkspaceAnswer(workspace=shape))


class YamlResponse(PlainTextResponse):
    """A YAML file; openapi.json takes its type from here."""

    media_type = "application/yaml"


_YAML_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {YamlResponse.media_type: {"schema": {"type": "object"}}}}
}


@router.get("/workspace/export", response_class=YamlResponse, responses=_YAML_ANSWER)
def export_workspace(parts: Here) -> YamlResponse:
    """Return the workspace as a YAML file, without secrets."""
    return YamlResponse(export_yaml(parts.store.load(), parts.catalog.find))


@router.post("/workspace/plan")
def plan_workspace(body: YamlBody, parts: Here, response: Response) -> Data[PlanAnswer]:
    """Say what applying a YAML file would change, and change nothing.

    The ETag is of the workspace that the plan is for: apply with it in `If-Match`.
    """
    # Read first: a change in between makes the plan newer than its ETag, never older.
    give_etag(response, parts.store.version())
    return _answer(_file(body, parts).plan(parts.store))


@router.post("/workspace/apply")
def apply_workspace(
    body: YamlBody,
    parts: Here,
    allow_delete: Annotated[bool, Query(alias="allowDelete")] = False,  # noqa: FBT002 - of the query.
    if_match: IfMatch = None,
) -> Data[PlanAnswer]:
    """Make the workspace what a YAML file says, in one step, and say what changed.

    Without `allowDelete` a file that does not name one of the sources is refused. With the ETag
    of a plan in `If-Match` nothing is changed if the workspace is another one since.
    """
    changes = _file(body, parts).apply(
        parts.store,
        by=parts.who.name,
        by_id=parts.who.id,
        may_delete_sources=allow_delete,
        planned_version=expected_version(if_match),
    )
    parts.who.has_told = True
    if changes:
        report.workspace_changed(parts.store.version())
    return _answer(changes)


@router.get("/audit-events")
def list_audit_events(parts: Here, newest: Annotated[Newest, Depends()]) -> Data[AuditEventsAnswer]:
    """List who changed what, newest first, in Segment's shape. Secrets are hidden."""
    found = parts.store.audit.events(limit=newest.count + 1, before_id=newest.before_id)
    events, pagination = newest.page(found, parts.store.audit.count())
    shapes = [_audit_event(event) for event in events]
    return Data(data=AuditEventsAnswer(events=shapes, pagination=pagination))


def _file(body: bytes, parts: Parts) -> WorkspaceFile:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refused(
            "The file is not UTF-8.", do="Save it as UTF-8 and send it again.", reason="not_yaml"
        ) from error
    # Whoever holds the token is not given the server's environment on top.
    return WorkspaceFile(text, find_destination=parts.catalog.find, find_env=None, ids=parts.ids)


def _answer(changes: list[Change]) -> Data[PlanAnswer]:
    shapes = [
        ChangeShape(
            kind=change.kind,
            change=change.change,
            id=change.id,
            path=change.path,
            before=change.before,
            after=change.after,
        )
        for change in changes
    ]
    return Data(data=PlanAnswer(changes=shapes, lines=plan_lines(changes)))


def _audit_event(event: AuditEvent) -> AuditEventShape:
    change = event.change
    return AuditEventShape(
        id=str(event.id),
        timestamp=event.at,
        type=f"{change.kind.capitalize()} {change.change.capitalize()}",
        actor=event.by,
        resource_id=change.id,
        resource_type=change.kind,
        resource_name=change.path,
        version=event.version,
        before=change.before,
        after=change.after,
    )
