"""The web app: one page for every path that is the app's own, and the files that page loads."""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from crossdock.base.errors import CrossdockError

FILES_PATH = "/app/"
"""Under which the app's files are; every other path is one of its pages."""

_BUILD_PATH = f"{FILES_PATH}build.json"
_NONCE_PLACE = "__CROSSDOCK_NONCE__"
_FEATURES_PLACE = "__CROSSDOCK_FEATURES__"
_BUILD_PLACE = "__CROSSDOCK_BUILD__"
# Best first. The build writes both next to each file that gets smaller.
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
# The names of files carry a hash of their content, but for the few that stand here.
_UNHASHED = frozenset({"icon.svg"})
_FOREVER = "public, max-age=31536000, immutable"
_DAY = "public, max-age=86400"


class WebAppMissing(CrossdockError):
    """The web app was not built."""

    code: ClassVar[str] = "web_app_missing"


class File(msgspec.Struct, frozen=True):
    """One file in every encoding that the build made of it; `identity` is the file itself."""

    content_type: str
    cache_control: str
    bodies_by_encoding: dict[str, bytes]


class WebApp:
    """Serves the web app.

    A browser that asks for a page gets the one page of the app, whatever the path: the app knows
    its paths itself, and what it does not know it says in its own words. Whoever does not want
    HTML is told by the door that there is nothing.

    Args:
        built_dir: What the build wrote.
        features: What the app offers only where it is there, such as `sandbox`.

    Raises:
        WebAppMissing: There is no build.
    """

    def __init__(self, built_dir: Path, *, features: Sequence[str]) -> None:
        try:
            page = (built_dir / "index.html").read_text("utf-8")
        except OSError as error:
            raise WebAppMissing(
                f'The web app is not built: "{error.filename}" cannot be read.',
                do="Run make web, or install the wheel, which has it inside.",
            ) from error
        self.build = hashlib.sha256(page.encode()).hexdigest()[:12]
        self._page = page.replace(_FEATURES_PLACE, " ".join(features)).replace(
            _BUILD_PLACE, self.build
        )
        self._files = {
            FILES_PATH + str(path.relative_to(built_dir)): _file(path)
            for path in built_dir.rglob("*")
            if path.is_file() and path.suffix not in {".gz", ".br"} and path.name != "index.html"
        }

    def handles(self, path: str, headers: Headers, method: str) -> bool:
        """Return whether this is a file of the app, or somebody who wants to see a page."""
        if method not in {"GET", "HEAD"}:
            return False
        return path.startswith(FILES_PATH) or "text/html" in headers.get("accept", "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._answer(scope["path"], Headers(scope=scope))(scope, receive, send)

    def _answer(self, path: str, headers: Headers) -> Response:
        if path == _BUILD_PATH:
            return JSONResponse({"build": self.build}, headers={"cache-control": "no-store"})
        if not path.startswith(FILES_PATH):
            return self._fresh_page()
        file = self._files.get(path)
        if file is None:
            return JSONResponse(
                {
                    "success": False,
                    "code": "not_found",
                    "message": "The web app of this version has no such file. Reload the page.",
                },
                status_code=404,
                headers={"cache-control": "no-store"},
            )
        encoding, body = _best(file, headers.get("accept-encoding", ""))
        answer = Response(
            body,
            media_type=file.content_type,
            headers={
                "cache-control": file.cache_control,
                "vary": "Accept-Encoding",
                "x-content-type-options": "nosniff",
            },
        )
        if encoding != "identity":
            answer.headers["content-encoding"] = encoding
        return answer

    def _fresh_page(self) -> Response:
        """Return the page with a nonce of its own: no script or style runs without it."""
        nonce = secrets.token_urlsafe(16)
        return Response(
            self._page.replace(_NONCE_PLACE, nonce),
            media_type="text/html",
            headers={
                "cache-control": "no-store",
                "content-security-policy": _policy(nonce),
                "referrer-policy": "same-origin",
                "vary": "Accept",
                "x-content-type-options": "nosniff",
            },
        )


def _policy(nonce: str) -> str:
    """Return what the page may load: its own files, and nothing from anywhere else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            # The component library writes its variables into style elements.
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _file(path: Path) -> File:
    bodies = {"identity": path.read_bytes()}
    for encoding, suffix in _ENCODINGS:
        twin = path.with_name(path.name + suffix)
        if twin.exists():
            bodies[encoding] = twin.read_bytes()
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix == ".js":
        # What a machine's own table says of scripts differs, and a browser runs no other type.
        content_type = "text/javascript"
    return File(content_type, _DAY if path.name in _UNHASHED else _FOREVER, bodies)


def _best(file: File, accepted: str) -> tuple[str, bytes]:
    """Return the smallest body that the browser can read."""
    names = {part.partition(";")[0].strip() for part in accepted.split(",") if "q=0" not in part}
    for encoding, _ in _ENCODINGS:
        if encoding in names and encoding in file.bodies_by_encoding:
            return encoding, file.bodies_by_encoding[encoding]
    return "identity", file.bodies_by_encoding["identity"]
