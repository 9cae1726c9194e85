"""Analytics.js for one source and one address: the placeholders of the build, filled in."""

from __future__ import annotations

import re

from crossdock.base.json import encode
from crossdock.pipeline.collect.cdn.addresses import Address

_PLACEHOLDER = re.compile(r"__CROSSDOCK_[A-Z]+(?:_[A-Z]+)*__|__WRITE_KEY__")


def script_of(built: str, *, write_key: str, address: Address, tail: str, is_neutral: bool) -> str:
    """Return the script that a page is served.

    Args:
        built: What the build made of Analytics.js.
        write_key: Embedded, so that the client asks for the settings of this source.
        address: For when the script cannot see where it came from.
        tail: What the path it was asked for at ends with; what stands before it is where the
            client finds everything else, also behind a proxy that adds a path of its own.
        is_neutral: Ask for everything else by its neutral name.
    """
    api = address.under(f"/{write_key}" if is_neutral else f"/v1/k/{write_key}")
    values = {
        "__WRITE_KEY__": write_key,
        "__CROSSDOCK_BASE__": address.url,
        "__CROSSDOCK_TAIL__": tail,
        "__CROSSDOCK_API_HOST__": f"{api.host}{api.path}",
        "__CROSSDOCK_BUNDLES__": "/c/" if is_neutral else "/analytics-next/bundles/",
        "__CROSSDOCK_SETTINGS_BEFORE__": "/" if is_neutral else "/v1/projects/",
        "__CROSSDOCK_SETTINGS_AFTER__": ".json" if is_neutral else "/settings",
    }
    return _PLACEHOLDER.sub(lambda found: _inside_text(values[found[0]]), built)


def _inside_text(value: str) -> str:
    """Return the value as it stands between the quotes of a JavaScript string."""
    return encode(value).decode()[1:-1].replace("</", "<\\/")
