"""What `openapi.json` says beyond what FastAPI finds: names of operations, and how to come in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.alias_generators import to_camel

from crossdock.control.permissions import OPEN, needed_role


def operation_id(route: APIRoute) -> str:
    """Return what the operation is called: as its function, `listSources`."""
    return to_camel(route.name)


def describe(app: FastAPI) -> None:
    """Let the application describe itself so that a client can be made from it."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=app.description,
                    routes=app.routes,
                )
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it.


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, or the admin token.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "crossdock_session",
            "description": "Set by `POST /session`; its name ends as the workspace's id does. "
            "Changes show `csrfToken` in the header `X-CSRF-Token`.",
        },
    }
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            # What cannot be read is answered with 400, in the envelope of all errors.
            operation["responses"].pop("422", None)
            if (method.upper(), path) in OPEN:
                operation["security"] = []
                continue
            operation["security"] = [{"bearer": []}, {"session": []}]
            operation["x-role"] = needed_role(method.upper(), path)
    for unused in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(unused, None)
    return schema
