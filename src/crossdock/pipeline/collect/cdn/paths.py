"""What a request's path asks for, under the names that everyone knows and under neutral ones.

    known                                              neutral, below a prefix such as /site
    /analytics.js/v1/<write key>/analytics.min.js      /site/<write key>.js
    /v1/projects/<write key>/settings                  /site/<write key>.json
    /analytics-next/bundles/<file>                     /site/c/<file>
    /next-integrations/actions/<folder>/<hash>.js      /site/p/<hash>.js
    /v1/k/<write key>/t                                /site/<write key>/t

The known names work below the prefix too. Blockers have lists of the known names; nobody has a
list of one installation's prefix.
"""

from __future__ import annotations

import enum
import re

import msgspec


class Kind(enum.StrEnum):
    """What can be asked for."""

    SCRIPT = "script"
    SETTINGS = "settings"
    CHUNK = "chunk"
    PLUGIN = "plugin"


class Wanted(msgspec.Struct, frozen=True):
    """What a path asks for.

    Attributes:
        name: The write key, or the file's name; for a plugin its hash.
        tail: The part of the path that names it, without any prefix.
        prefix: The part of the path that stands before the known or neutral name.
        is_neutral: Asked for by its neutral name, so that what it leads to is neutral too.
    """

    kind: Kind
    name: str
    tail: str
    prefix: str = ""
    is_neutral: bool = False


_KNOWN = (
    (Kind.SCRIPT, re.compile(r"/analytics\.js/v1/([^/]+)/(?:platform/)?analytics(?:\.min)?\.js\Z")),
    (Kind.SETTINGS, re.compile(r"/v1/projects/([^/]+)/settings\Z")),
    (Kind.CHUNK, re.compile(r"/analytics-next/bundles/([\w.-]+)\Z")),
    # The folder is only for people; with the load option `obfuscate` it comes in base64.
    (Kind.PLUGIN, re.compile(r"/next-integrations/actions/[^/]+/([0-9a-f]+)\.js\Z")),
)
_NEUTRAL = (
    (Kind.SCRIPT, re.compile(r"/([^/.]+)\.js\Z")),
    (Kind.SETTINGS, re.compile(r"/([^/.]+)\.json\Z")),
    (Kind.CHUNK, re.compile(r"/c/([\w.-]+)\Z")),
    (Kind.PLUGIN, re.compile(r"/p/([0-9a-f]+)\.js\Z")),
)
_TRACKING = re.compile(r"/([^/.]+)/([a-z]+)\Z")
_CALLS = frozenset({"t", "i", "p", "s", "g", "a", "b", "m", "notices", "values"})


def wanted_by(path: str, prefix: str) -> Wanted | None:
    """Return what the path asks for, or None if it is none of ours.

    Args:
        path: Of the request, decoded.
        prefix: Where the neutral names are, such as `/site`; empty for nowhere.
    """
    below = _below(path, prefix)
    for rest, before in ((path, ""), *(((below, prefix),) if below else ())):
        for kind, pattern in _KNOWN:
            if found := pattern.match(rest):
                return Wanted(kind, found[1], rest, before)
    if below:
        for kind, pattern in _NEUTRAL:
            if found := pattern.match(below):
                return Wanted(kind, found[1], below, prefix, is_neutral=True)
    return None


def tracking_path(path: str, prefix: str) -> str:
    """Return the path under which the collector knows what a neutral path asks for.

    `/site/<write key>/t` becomes `/v1/k/<write key>/t`, and any other path loses its prefix. A path
    that is not below the prefix stays as it is.
    """
    below = _below(path, prefix)
    if not below:
        return path
    found = _TRACKING.match(below)
    if found and found[2] in _CALLS and found[1] != "v1":
        return f"/v1/k/{found[1]}/{found[2]}"
    return below


def _below(path: str, prefix: str) -> str:
    is_below = bool(prefix) and path.startswith(f"{prefix}/")
    return path[len(prefix) :] if is_below else ""
