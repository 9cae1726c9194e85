"""Whom the sender of an event means by its integrations object, and who has the event already."""

from __future__ import annotations

from crossdock.base.json import JsonObject
from crossdock.kit import Destination

_CONNECTION_PREFIX = "dst_"


def is_wanted_by_sender(body: JsonObject, destination: Destination) -> bool:
    """Return whether the event's integrations object lets it go to the destination.

    The destination's own entry decides: false is no, true or an object of options is yes. Without
    one, `All` decides, and only its `false` is no. A destination may be called by its name, as
    Analytics.js does, or by its slug.
    """
    integrations = body.get("integrations")
    if not isinstance(integrations, dict):
        return True
    for name in (destination.name, destination.slug):
        entry = integrations.get(name)
        if entry is not None:
            # An object of options is a yes even when it is empty.
            return isinstance(entry, dict | list) or bool(entry)
    return integrations.get("All") is not False


def is_for_connection(body: JsonObject, connection_id: str) -> bool:
    """Return whether the event's integrations object lets it go to this very connection.

    An object that names connections by their ids is meant for those alone: so an audience tells one
    of two connections of the same vendor.
    """
    integrations = body.get("integrations")
    if not isinstance(integrations, dict):
        return True
    named = [key for key in integrations if key.startswith(_CONNECTION_PREFIX)]
    return not named or bool(integrations.get(connection_id))


def is_already_in_browser(body: JsonObject, in_browser: Destination) -> bool:
    """Return whether the page that sent the event gave it to the vendor itself.

    Analytics.js lists in `_metadata.bundled` what the page was set up with, and in
    `failedInitializations` what of it could not be started. The first comes from the settings and
    lists failed ones too, so both are needed. Neither knows of the integrations object: a page
    never gives an event to a plugin that the event excludes.

    Args:
        body: The event's.
        in_browser: The vendor's device-mode destination.
    """
    metadata = body.get("_metadata")
    if not isinstance(metadata, dict):
        return False
    return (
        _lists(metadata.get("bundled"), in_browser.name)
        and not _lists(metadata.get("failedInitializations"), in_browser.name)
        and is_wanted_by_sender(body, in_browser)
    )


def _lists(names: object, name: str) -> bool:
    """Return whether the list holds the name, alone or followed by that of one of its actions."""
    return isinstance(names, list) and any(
        isinstance(entry, str) and (entry == name or entry.startswith(f"{name} "))
        for entry in names
    )
