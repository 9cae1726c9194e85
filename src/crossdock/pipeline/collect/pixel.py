"""The pixel: an event in the address of an image, for e-mails and pages without scripts."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qsl

from crossdock.base import json
from crossdock.events.parse import BadRequest

_PARTS_MAX = 8
_PARAMETERS_MAX = 200
_URL_SAFE = str.maketrans("-_ ", "+/+")


def pixel_body(query: bytes) -> bytes:
    """Return the message as a JSON body.

    Args:
        query: Either `data=` with JSON in base64, URL-safe or not, padded or not; or the message
            itself, with dots between the parts of a path: `properties.subject=Hello&userId=u1`.

    Raises:
        BadRequest: `data` is not base64.
    """
    try:
        parameters = parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, max_num_fields=_PARAMETERS_MAX
        )
    except ValueError as error:
        raise BadRequest(
            f"The address has more than {_PARAMETERS_MAX} parameters.", do="Send fewer."
        ) from error
    data = dict(parameters).get("data")
    if data is not None:
        return _from_base64(data)
    message: json.JsonObject = {}
    for path, value in parameters:
        _put(message, path.split(".", _PARTS_MAX), value)
    return json.encode(message)


def _from_base64(data: str) -> bytes:
    text = data.translate(_URL_SAFE).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadRequest('"data" is not base64.', do="Encode the JSON message.") from error


def _put(message: json.JsonObject, path: list[str], value: str) -> None:
    inner = message
    for part in path[:-1]:
        below = inner.setdefault(part, {})
        if not isinstance(below, dict):
            # `a=1&a.b=2`: the first one counts.
            return
        inner = below
    inner.setdefault(path[-1], value)
