"""Audiences and computed traits as the API gives and takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec
from pydantic import Field

from crossdock.audiences.engine import Member, Standing, Sync
from crossdock.audiences.engine.messages import space_id_of
from crossdock.audiences.language import (
    LanguageError,
    NotInBuilder,
    builder,
    builder_of,
    computed_of,
    computed_trait_of,
    condition_of,
    read_audience,
    read_trait,
    text_of,
)
from crossdock.base.errors import CrossdockError
from crossdock.control.answers import Pagination, Request_, Shape
from crossdock.control.profiles import ProfileShape
from crossdock.workspace import Computation, ComputationKind, Output, Refused, Workspace

Subject = Literal["USERS", "ACCOUNTS"]
Call = Literal["identify", "track", "group"]


class DefinitionShape(Shape):
    """A definition: the query language, and whom it is about."""

    query: str
    type: Subject


class OptionsShape(Shape):
    """What is fixed when it is created."""

    include_anonymous_users: bool


class SyncShape(Shape):
    """How far a destination is told: `told` of `total` at first; `waiting` is still to be sent."""

    total: int
    told: int
    waiting: int
    started_at: dt.datetime
    finished_at: dt.datetime | None


class OutputShape(Shape):
    """A destination that is told. `sync` is null until the first computation ended.

    One that is `inBrowser` is sent nothing, and never has a `sync`: its plugin asks when a page
    identifies a user, while the owner has that switched on.
    """

    destination_id: str
    name: str
    slug: str
    metadata_id: str
    enabled: bool
    sends: list[Call]
    entered_event: str
    exited_event: str
    computed_event: str
    per_second_max: float | None
    in_browser: bool
    sync: SyncShape | None


class ComputationShape(Shape):
    """An audience or a computed trait.

    `state`: `computing` until the definition as it is was computed over everybody; who was in it
    before stays in it until then. `size`: how many are in it, or have a value.
    """

    id: str
    space_id: str
    source_id: str = Field(description="The source of its events; its destinations are connected.")
    kind: Literal["audience", "computed_trait"]
    name: str
    description: str
    key: str
    definition: DefinitionShape
    options: OptionsShape
    enabled: bool
    state: Literal["disabled", "computing", "live", "failed"]
    size: int
    computed_at: dt.datetime | None
    destinations: list[OutputShape]
    created_at: dt.datetime
    updated_at: dt.datetime
    version: int


class ComputationAnswer(Shape):
    """One of them."""

    computation: ComputationShape


class ComputationsAnswer(Shape):
    """A page of them."""

    computations: list[ComputationShape]
    pagination: Pagination


class DefinitionInput(Request_):
    """A definition."""

    query: str
    type: Subject = "USERS"


class OptionsInput(Request_):
    """What is fixed when it is created."""

    include_anonymous_users: bool = False


class OutputInput(Request_):
    """How a destination is told. Of users identify or track, of accounts group or identify."""

    sends: list[Call] | None = None
    entered_event: str = "Audience Entered"
    exited_event: str = "Audience Exited"
    computed_event: str = "Trait Computed"
    per_second_max: float | None = None


class NewOutput(OutputInput):
    """A destination of the catalog, set up for this audience; it is enabled at once."""

    metadata_id: str
    settings: dict[str, Any] = Field(default_factory=dict)
    name: str | None = None
    enabled: bool = True


class CreateComputation(Request_):
    """A new one. The key is made of the name unless it is given."""

    name: str
    definition: DefinitionInput
    description: str = ""
    key: str | None = None
    enabled: bool = True
    options: OptionsInput = Field(default_factory=OptionsInput)


class UpdateQuery(Request_):
    """Another definition."""

    query: str


class UpdateComputation(Request_):
    """What changes; what is left out stays."""

    name: str | None = None
    description: str | None = None
    definition: UpdateQuery | None = None
    enabled: bool | None = None


class PreviewRequest(Request_):
    """A definition to try; `id` is that of the one that is edited, if one is."""

    definition: DefinitionInput
    options: OptionsInput = Field(default_factory=OptionsInput)
    id: str | None = None
    sample: int = Field(10, ge=0, le=50)


class MemberShape(Shape):
    """Somebody who is in, or has a value: a profile, or an account by its group id."""

    value: Any
    since: dt.datetime | None
    profile: ProfileShape | None
    group_id: str | None


class PreviewAnswer(Shape):
    """What the definition would give now: `size` of `total`."""

    size: int
    total: int
    sample: list[MemberShape]


class AudienceMembersAnswer(Shape):
    """Who is in; `next` leads to more."""

    members: list[MemberShape]
    next: str | None


class ConvertRequest(Request_):
    """Either a text, or what the builder edits."""

    query: str | None = None
    builder: dict[str, Any] | None = None
    type: Subject = "USERS"


class PlaceShape(Shape):
    """What is wrong with a text, and where: characters from 0, lines and columns from 1."""

    what: str
    do: str
    position: int | None
    line: int | None
    column: int | None
    excerpt: str | None


class ConvertAnswer(Shape):
    """The same definition as text and as what the builder edits.

    `query` is the text as it is usually written, null if there is a `problem`. `builder` is null
    if the builder cannot show it, for which `notInBuilder` says why. `reads`: the audiences and
    computed traits that it refers to.
    """

    query: str | None
    builder: dict[str, Any] | None
    not_in_builder: str | None
    reads: list[str]
    problem: PlaceShape | None


def convert(
    request: ConvertRequest, kind: ComputationKind, workspace: Workspace, reads: Any
) -> ConvertAnswer:
    """Return a definition both ways, or where it is wrong.

    Raises:
        Refused: Neither a text nor a builder's JSON was given.
    """
    if (request.query is None) is (request.builder is None):
        raise Refused(
            "Either a query or a builder's definition is needed, and not both.",
            do='Send {"query": …} or {"builder": …}.',
            reason="nothing_to_convert",
        )
    subject: Literal["users", "accounts"] = "users" if request.type == "USERS" else "accounts"
    try:
        text = request.query if request.query is not None else _text(request.builder, kind)
        keys = frozenset(one.key for one in workspace.computations)
        audience_keys = {one.key for one in workspace.computations if one.kind == "audience"}
        shown: object = None
        reason: str | None = None
        query = ""
        try:
            if kind == "audience":
                condition = read_audience(text, subject=subject)
                query = text_of(condition)
                shown = builder_of(condition, audience_keys=audience_keys)
            else:
                reduced = read_trait(text, subject=subject)
                query = text_of(reduced)
                shown = computed_trait_of(reduced)
        except NotInBuilder as error:
            reason = f"{error.what} {error.do}"
    except CrossdockError as error:
        return ConvertAnswer(
            query=None, builder=None, not_in_builder=None, reads=[], problem=_place(error)
        )
    return ConvertAnswer(
        query=query,
        builder=msgspec.to_builtins(shown),
        not_in_builder=reason,
        reads=sorted(reads(text, subject) & keys),
        problem=None,
    )


def computation_shape(
    one: Computation, workspace: Workspace, standing: Standing | None
) -> ComputationShape:
    """Return it as the API gives it."""
    engage = workspace.engage_source
    source_id = engage.id if engage else ""
    standing = standing or Standing(state="computing" if one.enabled else "disabled")
    return ComputationShape(
        id=one.id,
        space_id=space_id_of(source_id),
        source_id=source_id,
        kind=one.kind,
        name=one.name,
        description=one.description,
        key=one.key,
        definition=DefinitionShape(
            query=one.definition, type="USERS" if one.subject == "users" else "ACCOUNTS"
        ),
        options=OptionsShape(include_anonymous_users=one.with_anonymous),
        enabled=one.enabled,
        state=standing.state,
        size=standing.size,
        computed_at=standing.computed_at,
        destinations=[
            _output_shape(output, workspace, standing.syncs.get(output.connection_id))
            for output in one.outputs
        ],
        created_at=one.created_at,
        updated_at=one.updated_at,
        version=one.version,
    )


def member_shape(one: Member, profile: ProfileShape | None) -> MemberShape:
    """Return it as the API gives it."""
    return MemberShape(value=one.value, since=one.since, profile=profile, group_id=one.group_id)


def _output_shape(output: Output, workspace: Workspace, sync: Sync | None) -> OutputShape:
    connection = workspace.connections_by_id[output.connection_id]
    return OutputShape(
        destination_id=connection.id,
        name=connection.name,
        slug=connection.slug,
        metadata_id=connection.destination,
        enabled=connection.enabled,
        sends=[*output.sends],
        entered_event=output.entered_event,
        exited_event=output.exited_event,
        computed_event=output.computed_event,
        per_second_max=output.per_second_max,
        in_browser=workspace.is_in_browser(output),
        sync=None
        if sync is None
        else SyncShape(
            total=sync.total,
            told=sync.told,
            waiting=sync.waiting,
            started_at=sync.started_at,
            finished_at=sync.finished_at,
        ),
    )


def _text(given: dict[str, Any] | None, kind: ComputationKind) -> str:
    try:
        if kind == "audience":
            condition: builder.Condition = msgspec.convert(given, builder.Condition)
            return text_of(condition_of(condition))
        return text_of(computed_of(msgspec.convert(given, builder.ComputedTrait)))
    except msgspec.ValidationError as error:
        raise CrossdockError(
            f"The builder's definition cannot be read ({error}).",
            do="Correct it; openapi.json and the guide of audiences show its shape.",
        ) from error


def _place(error: CrossdockError) -> PlaceShape:
    at = error if isinstance(error, LanguageError) else None
    return PlaceShape(
        what=error.what,
        do=error.do,
        position=at.position if at else None,
        line=at.line if at else None,
        column=at.column if at else None,
        excerpt=at.excerpt if at else None,
    )
