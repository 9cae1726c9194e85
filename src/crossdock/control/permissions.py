"""Which role a request needs: one rule by method, and its few exceptions, for every route."""

from __future__ import annotations

from starlette.types import Scope

from crossdock.people import Forbidden, Role, may

# Whoever is about to sign in is nobody yet.
OPEN = frozenset({("POST", "/session"), ("POST", "/password")})

# The first segment of a path; everything below it needs the same, whatever the method.
_NEEDED_BY_SEGMENT: dict[str, Role] = {
    "people": "owner",
    "tokens": "owner",
    "audit": "editor",
    "audit-events": "editor",
    # One's own.
    "session": "viewer",
    "password": "viewer",
}
_LOOKS = frozenset({"GET", "HEAD"})
# POST because of their bodies, and yet they only look: at who is in an audience, or would be.
_LOOKS_WITH_A_BODY = frozenset(
    f"{path}/{name}"
    for path in ("/audiences", "/computed-traits")
    for name in ("preview", "convert")
)
# They are POST because they have a body, and try something out or ask. Nobody will ask who did.
_TRIES = (
    "/filters/preview",
    "/preview",
    "/convert",
    "/workspace/plan",
    "/test",
    "/test-event",
    "/secure-mode/check",
    "/sql",
)


def path_of(scope: Scope) -> str:
    """Return the path below `/api/v1`, as routing sees it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def needed_role(method: str, path: str) -> Role:
    """Return the least role that may do this. `path` is below `/api/v1`."""
    segment = path.strip("/").partition("/")[0]
    is_look = method in _LOOKS or (method == "POST" and path in _LOOKS_WITH_A_BODY)
    by_method: Role = "viewer" if is_look else "editor"
    return _NEEDED_BY_SEGMENT.get(segment, by_method)


def check_role(role: Role, method: str, path: str) -> None:
    """Refuse what the role may not do.

    Raises:
        Forbidden: It may not.
    """
    needed = needed_role(method, path)
    if not may(role, needed):
        raise Forbidden(
            f"This needs the role {needed}, and yours is {role}.",
            do="Ask an owner of the workspace to do it, or to give you the role.",
        )


def is_recorded(method: str, path: str) -> bool:
    """Return whether the audit log should know of it."""
    return method not in _LOOKS and not path.endswith(_TRIES)
