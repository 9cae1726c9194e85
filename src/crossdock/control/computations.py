"""The routes that audiences and computed traits have in common: all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from crossdock.audiences.engine import Engine, Member, Standing
from crossdock.audiences.engine.definitions import compile_definition
from crossdock.audiences.history import HistoryBusy, HistoryUnavailable, people
from crossdock.audiences.language import Relations
from crossdock.base.errors import CrossdockError
from crossdock.control.answers import (
    Data,
    IfMatch,
    Paging,
    Status,
    expected_version,
    give_etag,
)
from crossdock.control.computation_shapes import (
    AudienceMembersAnswer,
    ComputationAnswer,
    ComputationsAnswer,
    ConvertAnswer,
    ConvertRequest,
    CreateComputation,
    MemberShape,
    NewOutput,
    OutputInput,
    PreviewAnswer,
    PreviewRequest,
    UpdateComputation,
    computation_shape,
    convert,
    member_shape,
)
from crossdock.control.destinations import new_connection
from crossdock.control.parts import Here, Parts
from crossdock.control.profiles import history_of, short_profiles
from crossdock.events import ConnectionId
from crossdock.workspace import (
    CallKind,
    Computation,
    ComputationKind,
    NotFound,
    Output,
    Refused,
    Workspace,
    edits,
)

LIMIT_MAX = 200
_PREFIXES: dict[ComputationKind, str] = {"audience": "aud", "computed_trait": "tra"}


def computations_router(kind: ComputationKind, path: str, tag: str) -> APIRouter:
    """Return the routes below `path`; their operations are named after the kind."""
    router = APIRouter(tags=[tag])
    one_name = "audience" if kind == "audience" else "computed_trait"
    _add_objects(router, kind, path, one_name)
    _add_trials(router, kind, path, one_name)
    _add_outputs(router, kind, path, one_name)
    return router


def _add_objects(router: APIRouter, kind: ComputationKind, path: str, name: str) -> None:
    @router.get(path, name=f"list_{name}s")
    async def list_them(
        parts: Here, paging: Annotated[Paging, Depends()]
    ) -> Data[ComputationsAnswer]:
        """List all, with how each stands."""
        workspace = parts.store.load()
        page, pagination = paging.page([o for o in workspace.computations if o.kind == kind])
        standings = await standings_of(parts)
        shapes = [computation_shape(one, workspace, standings.get(one.id)) for one in page]
        return Data(data=ComputationsAnswer(computations=shapes, pagination=pagination))

    @router.post(path, name=f"create_{name}")
    async def create(
        response: Response, body: CreateComputation, parts: Here
    ) -> Data[ComputationAnswer]:
        """Create one. It is computed over all of the history at once."""
        engine_of(parts)
        now = parts.clock.now()
        one = Computation(
            id=parts.ids.new(_PREFIXES[kind]),
            kind=kind,
            name=body.name,
            description=body.description,
            key=edits.key_of(body.name) if body.key is None else body.key,
            definition=body.definition.query,
            subject="users" if body.definition.type == "USERS" else "accounts",
            with_anonymous=body.options.include_anonymous_users,
            enabled=body.enabled,
            created_at=now,
            updated_at=now,
        )

        def decide(workspace: Workspace) -> Workspace:
            return edits.with_computation(edits.with_engage_source(workspace, parts.ids), one)

        return await _answer(parts.change(decide), kind, one.id, parts, response)

    @router.get(f"{path}/{{id}}", name=f"read_{name}")
    async def read(id: str, response: Response, parts: Here) -> Data[ComputationAnswer]:  # noqa: A002 - of the path.
        """Return one, with how far each destination is told."""
        return await _answer(parts.store.load(), kind, id, parts, response)

    @router.patch(f"{path}/{{id}}", name=f"update_{name}")
    async def update(
        id: str,  # noqa: A002 - of the path.
        response: Response,
        body: UpdateComputation,
        parts: Here,
        if_match: IfMatch = None,
    ) -> Data[ComputationAnswer]:
        """Change one. Another definition is computed in full, and only differences are told."""
        version = expected_version(if_match)

        def decide(workspace: Workspace) -> Workspace:
            one = edits.find_computation(workspace, kind, id)
            edits.expect_version(one, version)
            changed = msgspec.structs.replace(
                one,
                name=one.name if body.name is None else body.name,
                description=one.description if body.description is None else body.description,
                definition=body.definition.query if body.definition else one.definition,
                enabled=one.enabled if body.enabled is None else body.enabled,
            )
            return edits.with_computation(workspace, changed)

        return await _answer(parts.change(decide), kind, id, parts, response)

    @router.delete(f"{path}/{{id}}", name=f"delete_{name}")
    async def delete(id: str, parts: Here, if_match: IfMatch = None) -> Data[Status]:  # noqa: A002 - of the path.
        """Delete one. Destinations keep what they were told; its key is never used again."""
        version = expected_version(if_match)

        def decide(workspace: Workspace) -> Workspace:
            edits.expect_version(edits.find_computation(workspace, kind, id), version)
            return edits.without_computation(workspace, id)

        parts.change(decide)
        return Data(data=Status())


def _add_trials(router: APIRouter, kind: ComputationKind, path: str, name: str) -> None:
    @router.post(f"{path}/preview", name=f"preview_{name}")
    async def preview(body: PreviewRequest, parts: Here) -> Data[PreviewAnswer]:
        """Say who would be in it now. Nothing is stored."""
        now = parts.clock.now()
        one = Computation(
            id=body.id or "preview",
            kind=kind,
            name="preview",
            key=""
            if body.id is None
            else edits.find_computation(parts.store.load(), kind, body.id).key,
            definition=body.definition.query,
            subject="users" if body.definition.type == "USERS" else "accounts",
            with_anonymous=body.options.include_anonymous_users,
            created_at=now,
            updated_at=now,
        )
        _checked(one)
        found = await engine_of(parts).preview(one, sample_max=body.sample)
        sample = await _members(parts, found.sample, one.subject)
        return Data(data=PreviewAnswer(size=found.size, total=found.total, sample=sample))

    @router.post(f"{path}/convert", name=f"convert_{name}")
    def convert_it(body: ConvertRequest, parts: Here) -> Data[ConvertAnswer]:
        """Turn a text into what the builder edits, or back, and say what is wrong and where."""
        return Data(data=convert(body, kind, parts.store.load(), _reads_of(kind)))

    @router.get(f"{path}/{{id}}/members", name=f"list_{name}_members")
    async def list_members(
        id: str,  # noqa: A002 - of the path.
        parts: Here,
        cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 50,
        q: Annotated[str | None, Query(description="How an identifier begins.")] = None,
    ) -> Data[AudienceMembersAnswer]:
        """Return who is in it, or has a value."""
        one = edits.find_computation(parts.store.load(), kind, id)
        found = await engine_of(parts).members(one, after=_after(cursor), limit=limit + 1, text=q)
        shapes = await _members(parts, found[:limit], one.subject)
        following = str(found[limit - 1].subject_id) if len(found) > limit else None
        return Data(data=AudienceMembersAnswer(members=shapes, next=following))

    @router.post(f"{path}/{{id}}/recompute", name=f"recompute_{name}")
    async def recompute(id: str, response: Response, parts: Here) -> Data[ComputationAnswer]:  # noqa: A002 - of the path.
        """Compute it over all of the history again. Only differences are told."""
        workspace = parts.store.load()
        edits.find_computation(workspace, kind, id)
        await engine_of(parts).recompute(id)
        return await _answer(workspace, kind, id, parts, response)


def _add_outputs(router: APIRouter, kind: ComputationKind, path: str, name: str) -> None:
    @router.post(f"{path}/{{id}}/destinations", name=f"connect_new_{name}_destination")
    async def connect_new(
        id: str,  # noqa: A002 - of the path.
        response: Response,
        body: NewOutput,
        parts: Here,
    ) -> Data[ComputationAnswer]:
        """Set up a destination of the catalog, and tell it everybody who is in, and changes."""

        def decide(workspace: Workspace) -> Workspace:
            one = edits.find_computation(workspace, kind, id)
            workspace = edits.with_engage_source(workspace, parts.ids)
            engage = workspace.engage_source
            if engage is None:
                raise ValueError("it was just made")
            connection = new_connection(
                workspace,
                engage.id,
                parts,
                metadata_id=body.metadata_id,
                settings=body.settings,
                enabled=body.enabled,
                name=body.name,
            )
            workspace = edits.with_connection(workspace, connection)
            return edits.with_computation(workspace, _with_output(one, connection.id, body))

        return await _answer(parts.change(decide), kind, id, parts, response)

    @router.put(
        f"{path}/{{id}}/destinations/{{destination_id}}", name=f"connect_{name}_destination"
    )
    async def connect(  # noqa: PLR0913 - of the path, the header and the body.
        id: str,  # noqa: A002 - of the path.
        destination_id: str,
        response: Response,
        parts: Here,
        *,
        body: OutputInput,
        if_match: IfMatch = None,
    ) -> Data[ComputationAnswer]:
        """Tell a destination, or say how it is told.

        One of Engage is told everybody once, and then changes. One of another source can be told in
        browsers alone, if its plugin can: with each identify of a page, of that user.
        """
        version = expected_version(if_match)

        def decide(workspace: Workspace) -> Workspace:
            one = edits.find_computation(workspace, kind, id)
            edits.expect_version(one, version)
            return edits.with_computation(workspace, _with_output(one, destination_id, body))

        return await _answer(parts.change(decide), kind, id, parts, response)

    @router.delete(
        f"{path}/{{id}}/destinations/{{destination_id}}", name=f"disconnect_{name}_destination"
    )
    async def disconnect(
        id: str,  # noqa: A002 - of the path.
        destination_id: str,
        response: Response,
        parts: Here,
    ) -> Data[ComputationAnswer]:
        """Tell a destination nothing more. It keeps what it was told, and stays set up."""

        def decide(workspace: Workspace) -> Workspace:
            one = edits.find_computation(workspace, kind, id)
            kept = tuple(o for o in one.outputs if o.connection_id != destination_id)
            if kept == one.outputs:
                raise NotFound(
                    f'"{one.name}" is not connected to "{destination_id}".',
                    do="Load it to see its destinations.",
                )
            return edits.with_computation(workspace, msgspec.structs.replace(one, outputs=kept))

        return await _answer(parts.change(decide), kind, id, parts, response)


def engine_of(parts: Parts) -> Engine:
    """Return the engine.

    Raises:
        Refused: No profiles are kept, so that nobody can be in an audience.
    """
    history_of(parts)
    if parts.engine is None:
        raise ValueError("a server with profiles has an engine")
    return parts.engine


async def standings_of(parts: Parts) -> dict[str, Standing]:
    """Return how each stands; nothing while that cannot be asked: what was changed is changed."""
    try:
        return await engine_of(parts).standings()
    except (HistoryUnavailable, HistoryBusy):
        return {}


def _with_output(one: Computation, destination_id: str, body: OutputInput) -> Computation:
    default: CallKind = "identify" if one.subject == "users" else "group"
    output = Output(
        connection_id=ConnectionId(destination_id),
        sends=tuple(body.sends) if body.sends is not None else (default,),
        entered_event=body.entered_event,
        exited_event=body.exited_event,
        computed_event=body.computed_event,
        per_second_max=body.per_second_max,
    )
    is_known = any(o.connection_id == destination_id for o in one.outputs)
    outputs = (
        tuple(output if o.connection_id == destination_id else o for o in one.outputs)
        if is_known
        else (*one.outputs, output)
    )
    return msgspec.structs.replace(one, outputs=outputs)


def _checked(one: Computation) -> None:
    try:
        compile_definition(one.kind, one.definition, one.subject, one.with_anonymous, Relations())
    except CrossdockError as error:
        raise Refused(
            error.what, do=error.do, reason=error.code, field="definition.query"
        ) from error


def _reads_of(kind: ComputationKind) -> Callable[[str, str], frozenset[str]]:
    def reads(text: str, subject: str) -> frozenset[str]:
        compiled = compile_definition(kind, text, subject, False, Relations())  # noqa: FBT003 - a key of its cache.
        return compiled.trait_keys | compiled.account_trait_keys

    return reads


def _after(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:  # noqa: PLR2004 - 63 bits.
        raise Refused(
            "The cursor is not one that this API gave.",
            do="Send the `next` of the page before, or none for the first page.",
            reason="unusable_cursor",
            field="cursor",
        )
    return int(cursor)


async def _members(parts: Parts, found: Sequence[Member], subject: str) -> list[MemberShape]:
    if subject == "accounts":
        return [member_shape(one, None) for one in found]
    history = history_of(parts)
    ids = [one.subject_id for one in found]
    profiles = await history.ask(lambda at: people.load_all(at, ids))
    shapes = await short_profiles(history, [*profiles.values()])
    by_id = dict(zip(profiles, shapes, strict=True))
    return [member_shape(one, by_id.get(one.subject_id)) for one in found]


async def _answer(
    workspace: Workspace, kind: ComputationKind, one_id: str, parts: Parts, response: Response
) -> Data[ComputationAnswer]:
    one = edits.find_computation(workspace, kind, one_id)
    give_etag(response, one.version)
    standings = await standings_of(parts)
    shape = computation_shape(one, workspace, standings.get(one.id))
    return Data(data=ComputationAnswer(computation=shape))
