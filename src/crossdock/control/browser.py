"""What a page needs: the snippet, and the lines of its Content-Security-Policy."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import HTMLResponse

from crossdock.control import content_security_policy
from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here
from crossdock.control.snippet import VERSION, snippet, snippet_hash
from crossdock.workspace import edits

router = APIRouter(prefix="/sources/{source_id}", tags=["Pages"])


class SnippetAnswer(Shape):
    """The snippet.

    `snippet` is for the head of every page. `httpSnippet` names the host outright, which a page
    needs where this server has no https and something in front of it changes what it serves.
    """

    snippet: str
    snippet_hash: str
    http_snippet: str
    http_snippet_hash: str
    snippet_version: str
    host: str
    write_key: str


class ContentSecurityPolicy(Shape):
    """What to allow by directive, and the same as text.

    `script-src` allows the snippet of `/snippet` by its hash, so that no `unsafe-inline` is needed.
    `scriptHash` is that hash by itself. A page with Segment's own snippet needs the hash of that
    one instead; the browser's console says it.
    """

    directives: dict[str, list[str]]
    lines: list[str]
    script_hash: str


class ContentSecurityPolicyAnswer(Shape):
    """What the policy has to allow."""

    content_security_policy: ContentSecurityPolicy


@router.get("/snippet", response_model=Data[SnippetAnswer])
def read_snippet(
    source_id: str,
    request: Request,
    parts: Here,
    wanted: Annotated[Literal["json", "html"] | None, Query(alias="format")] = None,
    accept: Annotated[str, Header()] = "",
) -> Data[SnippetAnswer] | Response:
    """Return the snippet that loads Analytics.js for this source.

    With `?format=html`, or `Accept: text/html`, just what is pasted into the head of a page.
    """
    source = edits.find_source(parts.store.load(), source_id)
    base_url, key = parts.base_url(request), source.write_keys[0]
    if wanted == "html" or (wanted is None and accept.startswith("text/html")):
        return HTMLResponse(
            snippet(base_url, key), headers={"vary": "accept", "x-content-type-options": "nosniff"}
        )
    return Data(
        data=SnippetAnswer(
            snippet=snippet(base_url, key),
            snippet_hash=snippet_hash(base_url, key),
            http_snippet=snippet(base_url, key, names_cdn=True),
            http_snippet_hash=snippet_hash(base_url, key, names_cdn=True),
            snippet_version=VERSION,
            host=base_url,
            write_key=key,
        )
    )


@router.get("/content-security-policy")
def read_content_security_policy(
    source_id: str, request: Request, parts: Here
) -> Data[ContentSecurityPolicyAnswer]:
    """Return exactly what a page's Content-Security-Policy has to allow for this source."""
    workspace = parts.store.load()
    source = edits.find_source(workspace, source_id)
    base_url = parts.base_url(request)
    key = source.write_keys[0]
    hashes = [snippet_hash(base_url, key)]
    if not base_url.startswith("https:"):
        hashes.append(snippet_hash(base_url, key, names_cdn=True))
    allowed = content_security_policy.directives(
        source, workspace, parts.catalog, base_url, script_hashes=hashes
    )
    policy = ContentSecurityPolicy(
        directives=allowed,
        lines=[f"{name} {' '.join(values)};" for name, values in allowed.items()],
        script_hash=hashes[0],
    )
    return Data(data=ContentSecurityPolicyAnswer(content_security_policy=policy))
