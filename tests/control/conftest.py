"""The management API on a port of its own, as the server mounts it, and a client with the token."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import urllib3
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from crossdock.admin_token import AdminToken
from crossdock.audiences.privacy import Forgetting, Register
from crossdock.base.clock import FakeClock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import RandomIds
from crossdock.base.json import JsonObject
from crossdock.catalog import Catalog
from crossdock.control import Parts, build_control
from crossdock.events import ConnectionId, Offset, Outcome, Replay, ReplayState, SourceId, Step
from crossdock.kit import (
    Action,
    Answer,
    Call,
    Choice,
    Destination,
    Explanation,
    Field,
    Http,
    Mode,
    NeedsAttention,
    Plugin,
    Preset,
    Setting,
    compile_condition,
    compile_payload,
)
from crossdock.ledger import Ledger
from crossdock.pipeline.collect.key_use import KeyUse
from crossdock.pipeline.route import Compilers, EventTester, ReplayOrder
from crossdock.pipeline.send import Pauses, send_once
from crossdock.workspace import Filter, Rules, Source, Store, WorkspaceFeed, follow, sqlite_url
from tests.control.sending import MemoryDeadLetters, MemoryPauseJournal, unfinished_deliveries
from tests.ledger.builders import MemoryJournal, QuickClock

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
TOKEN = "the-admins-token"  # noqa: S105 - of the server of one test.


class NotFql(CrossdockError):
    """What the validators of these tests raise."""

    code = "not_fql"


async def perform(_http: Http, _call: Call) -> None:
    """Deliver nothing."""


async def try_key(_http: Http, settings: Mapping[str, Any]) -> None:
    """Take the one right key at the default endpoint."""
    assert settings["endpoint"] == "https://api.pigeon.example"
    if settings["apiKey"] != "right":
        raise NeedsAttention("Pigeon refused the API key.", do="Make a new one.", status=401)


TRACK = Action(
    slug="track",
    label="Track",
    description="Tells Pigeon what somebody did.",
    trigger='type = "track"',
    fields=(
        Field(
            key="event",
            label="Event",
            description="Its name.",
            required=True,
            default={"@path": "$.event"},
        ),
        Field(key="properties", label="Properties", description="Its properties.", type="object"),
    ),
    perform=perform,
)

PIGEON_CLOUD = Destination(
    slug="pigeon-cloud",
    folder="pigeon",
    name="Pigeon Cloud",
    catalog_id="pigeon-cloud-id",
    description="Carries events.",
    website="https://pigeon.example",
    mode=Mode.CLOUD,
    connection_modes={"web": (Mode.CLOUD,), "server": (Mode.CLOUD,)},
    settings=(
        Setting(key="apiKey", label="API key", help="On its page.", secret=True, required=True),
        Setting(
            key="endpoint",
            label="Endpoint",
            help="Where Pigeon listens.",
            format="uri",
            default="https://api.pigeon.example",
        ),
        Setting(
            key="region",
            label="Region",
            help="Where it flies.",
            choices=(Choice(value="eu", label="Europe"), Choice(value="us", label="America")),
        ),
        Setting(key="wings", label="Wings", help="How many.", type="number"),
    ),
    actions=(TRACK,),
    presets=(Preset(name="Track event", action="track", trigger='type = "track"'),),
    test_settings=try_key,
)

PIGEON = Destination(
    slug="pigeon",
    folder="pigeon",
    name="Pigeon",
    catalog_id="pigeon-id",
    description="Carries events.",
    website="https://pigeon.example",
    mode=Mode.DEVICE,
    kind="classic",
    connection_modes={"web": (Mode.DEVICE,)},
    settings=(
        Setting(key="organizationId", label="Organization", help="Its id.", required=True),
        Setting(
            key="scriptUrl",
            label="Script",
            help="Where it is.",
            format="uri",
            default="https://cdn.pigeon.example/a.js",
        ),
    ),
    plugin=Plugin(
        library_name="pigeonDestination",
        loads_from=("scriptUrl", "//fonts.pigeon.example/css"),
    ),
    explanations=(
        Explanation(
            code="pigeon_404",
            symptom="404 in the console.",
            what="Pigeon does not know the organization.",
            do="Correct the organization id.",
        ),
    ),
)

CATALOG = Catalog([PIGEON_CLOUD, PIGEON])


def validate_browser_filter(one: Filter) -> None:
    """Know no sampling by a path."""
    if any(action.path for action in one.actions):
        raise NotFql("A page cannot sample by a path.", do="Leave the path out.")


def validate_condition(text: str) -> None:
    """Want an equals sign."""
    if "=" not in text:
        raise NotFql(f'"{text}" compares nothing.', do="Compare something.")


def validate_mapping(mapping: JsonObject) -> None:
    """Know no `@unknown`."""
    if "@unknown" in str(mapping):
        raise NotFql("@unknown is not a directive.", do="Use @path.")


class NoWayOut:
    """The way out of a server that must not use it."""

    def with_label(self, vendor: str) -> NoWayOut:
        assert vendor
        return self

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Refuse."""
        raise AssertionError((method, url, json, body, headers))


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A problem, counted."""

    source_id: SourceId
    connection_id: ConnectionId = ConnectionId("")
    code: str
    detail: str = "detail"
    first_at: dt.datetime = NOON
    last_at: dt.datetime = NOON
    count: int = 1


class ToldReplays:
    """Replays that are begun and never get further."""

    def __init__(self) -> None:
        self.waited_seconds: list[float] = []
        self._by_id: dict[str, Replay] = {}

    async def begin(self, order: ReplayOrder, *, wait_seconds: float = 0.0) -> Replay:
        """Begin one."""
        self.waited_seconds.append(wait_seconds)
        replay = Replay(
            id=f"rpl_{len(self._by_id) + 1}",
            source_id=order.source_id,
            connection_id=order.connection_id,
            start_at=order.start_at,
            end_at=order.end_at,
            filter=order.filter,
            rate_per_second=order.rate_per_second,
            is_dry_run=order.is_dry_run,
            created_at=NOON,
            updated_at=NOON,
            first_sequence=1,
            last_sequence=4,
            next_offset=Offset(2, 0),
        )
        self._by_id[replay.id] = replay
        return replay

    async def all(self) -> Sequence[Replay]:
        """Return every one."""
        return list(self._by_id.values())

    async def find(self, replay_id: str) -> Replay | None:
        """Return one."""
        return self._by_id.get(replay_id)

    async def cancel(self, replay_id: str) -> Replay | None:
        """Cancel one."""
        if replay_id in self._by_id:
            self._by_id[replay_id] = msgspec.structs.replace(
                self._by_id[replay_id], state=ReplayState.CANCELLED
            )
        return self._by_id.get(replay_id)


@dataclasses.dataclass
class Api:
    """A server, a client, and what the server is given by parts that are not there."""

    store: Store
    clock: FakeClock
    feed: WorkspaceFeed
    url: str = ""
    ledger_journal: MemoryJournal = dataclasses.field(default_factory=MemoryJournal)
    key_use: KeyUse = dataclasses.field(default_factory=lambda: KeyUse(NOON))
    notices: list[Notice] = dataclasses.field(default_factory=list)
    loads: list[Any] = dataclasses.field(default_factory=list)
    replays: ToldReplays = dataclasses.field(default_factory=ToldReplays)
    dead_letters: MemoryDeadLetters = dataclasses.field(default_factory=MemoryDeadLetters)
    outcomes_asked: list[tuple[object, ...]] = dataclasses.field(default_factory=list)

    def request(
        self,
        method: str,
        path: str,
        json: object = None,
        *,
        body: bytes | str | None = None,
        **headers: str,
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, decoded body and headers of the answer."""
        sent = {"authorization": f"Bearer {TOKEN}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if json is not None:
            body = msgspec.json.encode(json)
        with urllib3.PoolManager(retries=False, timeout=10) as http:
            answer = http.request(method, f"{self.url}/api/v1{path}", body=body, headers=sent)
        text = answer.data
        is_json = "json" in answer.headers.get("content-type", "")
        return (
            answer.status,
            msgspec.json.decode(text) if is_json else text.decode(),
            answer.headers,
        )

    def ok(self, method: str, path: str, json: object = None, **headers: Any) -> Any:
        """Return `data` of the answer, which must be 200."""
        status, answer, _ = self.request(method, path, json, **headers)
        assert status == 200, answer
        return answer["data"]

    def refused(self, method: str, path: str, json: object = None, **headers: Any) -> Any:
        """Return the first error of the answer, which must be 400."""
        status, answer, _ = self.request(method, path, json, **headers)
        assert status == 400, answer
        return answer["errors"][0]

    def source(self, slug: str = "shop", **fields: object) -> Any:
        """Create a source."""
        return self.ok("POST", "/sources", {"slug": slug, **fields})["source"]

    def destination(self, source_id: str, metadata_id: str = "pigeon-cloud-id", **more: Any) -> Any:
        """Connect a destination."""
        body = {"sourceId": source_id, "metadataId": metadata_id, "settings": {}, **more}
        return self.ok("POST", "/destinations", body)["destination"]

    async def latest_outcomes(
        self,
        limit: int,
        source_id: SourceId | None = None,
        connection_id: ConnectionId | None = None,
    ) -> Sequence[Outcome]:
        """Return one, and remember what was asked."""
        self.outcomes_asked.append((limit, source_id, connection_id))
        return [Outcome(at=NOON, step=Step.DELIVERED, connection_id=ConnectionId("dst_1"))]

    async def all_notices(self) -> Sequence[Notice]:
        """Return what the test put there."""
        return self.notices


def preview_filter(one: Filter, event: JsonObject) -> JsonObject | None:
    """Drop everything, or add what the condition was."""
    validate_condition(one.condition)
    return None if one.actions[0].type == "DROP" else {**event, "seen": one.condition}


def neutral_script_url(base_url: str, source: Source) -> str:
    """Return an address."""
    return f"{base_url}/site/{source.slug}.js"


@contextlib.contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve the application on a free port, and return its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    started = threading.Event()
    original = server.startup

    async def startup(sockets: Any = None) -> None:
        await original(sockets)
        started.set()

    server.startup = startup  # type: ignore[method-assign]  # Uvicorn tells nobody else.
    thread.start()
    assert started.wait(10)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    rules = Rules(
        find_destination=CATALOG.find,
        validate_condition=validate_condition,
        validate_mapping=validate_mapping,
        validate_browser_filter=validate_browser_filter,
    )
    clock = FakeClock(NOON)
    store = Store.open(
        sqlite_url(tmp_path / "workspace.db"),
        rules=rules,
        clock=clock,
        ids=RandomIds(),
        key=tmp_path / "workspace.key",
    )
    feed = WorkspaceFeed(store.load())
    api = Api(store, clock, feed)
    ledger = Ledger(tmp_path / "ledger.duckdb", journal=api.ledger_journal, clock=QuickClock())
    register = Register(tmp_path / "privacy.sqlite3", clock=clock)
    parts = Parts(
        store=store,
        catalog=CATALOG,
        clock=clock,
        ids=RandomIds(),
        admin_token=AdminToken(TOKEN, clock),
        http=NoWayOut(),
        notices=api.all_notices,
        latest_outcomes=api.latest_outcomes,
        dead_letters=api.dead_letters,
        pauses=Pauses(MemoryPauseJournal()),
        unfinished_deliveries=unfinished_deliveries,
        ledger=ledger,
        register=register,
        forgetting=Forgetting(
            register,
            history=None,
            ledger=ledger,
            dead_letters=api.dead_letters,
            clock=clock,
        ),
        key_use=api.key_use,
        preview_filter=preview_filter,
        replays=api.replays,
        events_between=api.ledger_journal.events_between,
        try_event=EventTester(
            destinations_by_slug={each.slug: each for each in CATALOG},
            compilers=Compilers(condition=compile_condition, payload=compile_payload),
            clock=clock,
            ids=RandomIds(),
        ).try_event,
        send_once=lambda delivery, connection: send_once(
            delivery,
            connection,
            {each.slug: each for each in CATALOG},
            http=NoWayOut(),
            clock=clock,
        ),
        neutral_script_url=neutral_script_url,
        pickups=lambda _source_id: api.loads,
        sandbox_settings=lambda base_url, slug: (
            {"scriptUrl": f"{base_url}/sandbox/pigeon.js"} if slug == "pigeon" else None
        ),
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await ledger.open()
        following = [
            asyncio.create_task(follow(store, feed, clock=clock)),
            asyncio.create_task(ledger.run()),
        ]
        yield
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await ledger.close()

    app = Starlette(routes=[Mount("/api/v1", build_control(parts))], lifespan=lifespan)
    with serving(app) as url:
        api.url = url
        yield api
    register.close()
    store.close()
