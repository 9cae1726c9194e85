"""`Cdn`: the ASGI app that serves browsers."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

from crossdock.base.json import encode
from crossdock.events import SourceId
from crossdock.pipeline.collect.cdn import report
from crossdock.pipeline.collect.cdn.addresses import Address, header, requested_address
from crossdock.pipeline.collect.cdn.assets import Assets, Served
from crossdock.pipeline.collect.cdn.paths import Kind, Wanted, tracking_path, wanted_by
from crossdock.pipeline.collect.cdn.script import script_of
from crossdock.pipeline.collect.cdn.settings import FindDestination, settings_of
from crossdock.workspace import Source, Workspace, WorkspaceFeed

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Named by their content: they never change.
_FOREVER = b"public, max-age=31536000, immutable"
# Asked about on every page load, and answered with 304: a change is seen by the next one.
_REVALIDATED = b"no-cache"
# An answer differs by the host it was asked for at; nobody has more hosts than this.
_ANSWERS_MAX = 512
_JSON = "application/json; charset=utf-8"

_COMMON_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"access-control-allow-origin", b"*"),
    # For pages that isolate themselves and take only what says that it may be taken.
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-content-type-options", b"nosniff"),
)


class _Answer(msgspec.Struct, frozen=True):
    """A body that is asked about again, with the tag that tells whether it changed."""

    served: Served
    etag: bytes


class Cdn:
    """Serves Analytics.js, the settings of each source, and the plugins, to browsers anywhere.

    What it answers is made once for each version of the workspace and each host it is asked for
    at, and kept until the next version.

    Args:
        feed: The workspace, and its changes.
        find_destination: Returns the destination of a slug: `Catalog.find`.
        routing_rule: Returns, for the condition of a filter, the form that Analytics.js evaluates;
            raises `CrossdockError`.
        assets_dir: What the build wrote.
        kept_dir: Where every file that was ever served under a hashed name is kept.
        public_url: How browsers reach this server; None believes the request.
        path_prefix: A neutral path segment, such as `site`, below which everything is served by
            names that no blocker knows.
        when_picked_up: Told whose settings a browser got, and of which version of the workspace.

    Raises:
        AssetsMissing: There is no build.
        ValueError: `public_url` is no URL.
    """

    def __init__(  # noqa: PLR0913 - each is something it cannot do without.
        self,
        feed: WorkspaceFeed,
        find_destination: FindDestination,
        *,
        routing_rule: Callable[[str], str],
        assets_dir: Path,
        kept_dir: Path,
        public_url: str | None = None,
        path_prefix: str | None = None,
        when_picked_up: Callable[[SourceId, int], None] = lambda _source_id, _version: None,
    ) -> None:
        self._find_destination = find_destination
        self._routing_rule = routing_rule
        self._assets = Assets(assets_dir, kept_dir)
        self._public = Address.parse(public_url) if public_url else None
        self._prefix = f"/{path_prefix.strip('/')}" if path_prefix else ""
        self._when_picked_up = when_picked_up
        self._workspace = feed.current
        self._answers: dict[tuple[Wanted, Address], _Answer] = {}
        feed.subscribe(self._use)

    def handles(self, path: str) -> bool:
        """Return whether a request for this path is ours."""
        return wanted_by(path, self._prefix) is not None

    def tracking_path(self, path: str) -> str:
        """Return the path under which the collector knows this one; see `paths.tracking_path`."""
        return tracking_path(path, self._prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI; no request here has a body.
        """Answer a request."""
        wanted = wanted_by(_own_path(scope), self._prefix)
        if wanted is None:
            await _refuse(send, 404, "not_found", "There is nothing here.")
            return
        if scope["method"] == "OPTIONS":
            status = await _allow(send)
        elif scope["method"] not in {"GET", "HEAD"}:
            status = await _refuse(send, 405, "method_not_allowed", "Use GET.")
        elif wanted.kind in {Kind.CHUNK, Kind.PLUGIN}:
            status = await self._send_file(scope, send, wanted)
        else:
            status = await self._send_answer(scope, send, wanted)
        report.request_answered(kind=wanted.kind, status=status)

    def _use(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._answers = {}

    async def _send_file(self, scope: Scope, send: Send, wanted: Wanted) -> int:
        find = self._assets.chunk if wanted.kind is Kind.CHUNK else self._assets.plugin
        served = find(wanted.name)
        if served is None:
            return await _refuse(send, 404, "not_found", f'There is no file "{wanted.name}".')
        return await _send_body(scope, send, served, (b"cache-control", _FOREVER))

    async def _send_answer(self, scope: Scope, send: Send, wanted: Wanted) -> int:
        source = self._workspace.sources_by_write_key.get(wanted.name)
        if source is None:
            return await _refuse(
                send,
                404,
                "unknown_source",
                f'No source has the write key "{wanted.name}". Copy it anew from the source.',
            )
        address = requested_address(scope, self._public).under(wanted.prefix)
        answer = self._answers.get((wanted, address))
        if answer is None:
            answer = self._make(wanted, address, source)
            if len(self._answers) >= _ANSWERS_MAX:
                self._answers = {}
            self._answers[wanted, address] = answer
        if wanted.kind is Kind.SETTINGS:
            self._when_picked_up(source.id, self._workspace.version)
        headers = (
            (b"cache-control", _REVALIDATED),
            (b"etag", answer.etag),
            (b"vary", b"accept-encoding, origin"),
        )
        if answer.etag in header(scope["headers"], b"if-none-match"):
            await _send(send, 304, headers)
            return 304
        return await _send_body(scope, send, answer.served, *headers)

    def _make(self, wanted: Wanted, address: Address, source: Source) -> _Answer:
        if wanted.kind is Kind.SCRIPT:
            body = script_of(
                self._assets.analytics,
                write_key=wanted.name,
                address=address,
                tail=wanted.tail,
                is_neutral=wanted.is_neutral,
            ).encode()
            served = Served(body, gzip.compress(body, mtime=0))
        else:
            settings = settings_of(
                source,
                self._workspace,
                find_destination=self._find_destination,
                plugins=self._assets.plugins,
                routing_rule=self._routing_rule,
            )
            body = settings(wanted.name, address, wanted.is_neutral)
            served = Served(body, gzip.compress(body, mtime=0), _JSON)
        # Weak: the same tag for both encodings.
        return _Answer(served, f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'.encode())


def _own_path(scope: Scope) -> str:
    """Return the path without what a dispatcher in front of us has taken off."""
    path: str = scope["path"]
    root: str = scope.get("root_path") or ""
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


async def _send(
    send: Send, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes = b""
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*_COMMON_HEADERS, *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _send_body(
    scope: Scope, send: Send, served: Served, *headers: tuple[bytes, bytes]
) -> int:
    is_zipped = b"gzip" in header(scope["headers"], b"accept-encoding")
    body = served.zipped if is_zipped else served.plain
    about = [
        (b"content-type", served.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    if is_zipped:
        about.append((b"content-encoding", b"gzip"))
    if not any(name == b"vary" for name, _ in about):
        about.append((b"vary", b"accept-encoding"))
    await _send(send, 200, tuple(about), b"" if scope["method"] == "HEAD" else body)
    return 200


async def _allow(send: Send) -> int:
    await _send(
        send,
        204,
        (
            (b"access-control-allow-methods", b"GET, HEAD"),
            (b"access-control-allow-headers", b"authorization, content-type, cache-control"),
            (b"access-control-max-age", b"7200"),
        ),
    )
    return 204


async def _refuse(send: Send, status: int, code: str, message: str) -> int:
    body = encode({"success": False, "code": code, "message": message})
    await _send(
        send,
        status,
        (
            (b"content-type", _JSON.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ),
        body,
    )
    return status
