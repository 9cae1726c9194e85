"""Where a connection's deliveries go, with the settings to get there. Pure."""

from __future__ import annotations

import base64
import dataclasses
import functools
import itertools
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crossdock.base.json import encode
from crossdock.events import Delivery, Step
from crossdock.kit import Action, Call, DeliveryFailed, Destination, Http
from crossdock.kit.definition import Perform, PerformBatch
from crossdock.workspace import Workspace

INVALID_SETTINGS = "errors.discarded.INVALID_SETTINGS"
_UNKNOWN = "unknown"
_EMPTY = (None, "")
# A shorter secret than this would take common syllables out of messages.
_SECRET_CHARACTERS_MIN = 4
# And a shorter part of one, such as the value of a header, is a word like `true`.
_PART_CHARACTERS_MIN = 6
_OPEN_HEADERS = frozenset({"accept", "content-type", "user-agent"})


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """Who takes a delivery, and how.

    Attributes:
        perform: Delivers one payload.
        settings: The owner's, defaults filled in, secrets in the clear.
        connection_version: Which version of the connection the settings are of.
        perform_batch: Delivers several payloads, if that is possible and wanted.
        batch_size_max: How many payloads it takes.
    """

    destination: Destination
    perform: Perform
    settings: Mapping[str, Any]
    connection_version: int = 0
    perform_batch: PerformBatch | None = None
    batch_size_max: int = 1

    async def deliver(self, http: Http, calls: Sequence[Call]) -> Sequence[DeliveryFailed | None]:
        """Return for each payload why it was not taken, or None.

        Raises:
            DeliveryFailed: None was taken.
            ValueError: The destination does not say for each what became of it; that is a bug.
        """
        if self.perform_batch is None:
            (call,) = calls
            await self.perform(http, call)
            return [None]
        failures = await self.perform_batch(http, calls)
        if len(failures) != len(calls):
            msg = f"a batch of {len(calls)} has {len(failures)} results"
            raise ValueError(msg)
        return failures

    def without_secrets(self, text: str) -> str:
        """Return the text with every secret of the settings blotted out.

        Destinations word their own messages, vendors echo what they were sent, and both are
        stored and shown. A secret is found in the spellings that it travels in, too.
        """
        secrets = tuple(
            value
            for setting in self.destination.settings
            if setting.secret
            and isinstance(value := self.settings.get(setting.key), str)
            and len(value) >= _SECRET_CHARACTERS_MIN
        )
        for spelling in _spellings(secrets):
            text = text.replace(spelling, "•••")
        return text


@functools.lru_cache(maxsize=256)
def _spellings(secrets: tuple[str, ...]) -> Sequence[str]:
    """Return how secrets can stand in a request: as they are, in a URL, in JSON, in a Basic header.

    The longest come first: of a secret that begins with another one nothing is to be left.
    """
    found: set[str] = set()
    for secret in itertools.chain(secrets, *map(_parts, secrets)):
        found |= {secret, urllib.parse.quote(secret, safe=""), encode(secret).decode()[1:-1]}
        found |= {base64.b64encode(each.encode()).decode() for each in (secret, f"{secret}:")}
    return sorted(found, key=len, reverse=True)


def _parts(secret: str) -> Iterator[str]:
    """Yield what of a secret is one by itself: a header, its value, a key behind a word.

    Of `Authorization: Bearer k3y` a vendor may echo `Bearer k3y`, or the key alone.
    """
    for line in secret.splitlines():
        name, _, said = line.partition(":")
        if name.strip().lower() in _OPEN_HEADERS:
            continue
        value = said.strip()
        yield from (
            part
            for part in (line.strip(), value, value.rpartition(" ")[2])
            if len(part) >= _PART_CHARACTERS_MIN
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoTarget:
    """Why a delivery cannot even be attempted.

    Attributes:
        slug: Of the destination, as far as it is known.
        connection_version: Of the connection, as far as it is known.
    """

    slug: str
    step: Step
    reason: str
    what: str
    do: str = ""
    connection_version: int = 0


def forgotten(slug: str = _UNKNOWN) -> NoTarget:
    """Return why a delivery about somebody who is to be forgotten is not attempted."""
    return NoTarget(
        slug=slug,
        step=Step.FILTERED,
        reason="person_forgotten",
        what="Whom this was about was to be forgotten before it could be delivered.",
    )


def find_target(
    delivery: Delivery, workspace: Workspace, destinations_by_slug: Mapping[str, Destination]
) -> Target | NoTarget:
    """Return where the delivery goes, by the workspace as it is now, or why it goes nowhere."""
    connection = workspace.connections_by_id.get(delivery.connection_id)
    if connection is None:
        return NoTarget(
            slug=_UNKNOWN,
            step=Step.FILTERED,
            reason="connection_deleted",
            what="The connection was deleted before this could be delivered.",
        )
    destination = destinations_by_slug.get(connection.destination)
    slug = connection.destination if destination else _UNKNOWN
    if not connection.enabled:
        return NoTarget(
            slug=slug,
            step=Step.FILTERED,
            reason="connection_disabled",
            what="The connection was disabled before this could be delivered.",
        )
    if destination is None:
        return NoTarget(
            slug=slug,
            step=Step.REJECTED,
            reason=INVALID_SETTINGS,
            what=f'There is no destination "{connection.destination}" in this installation.',
            do="Install it, or remove the connection.",
        )
    action = destination.action(delivery.action)
    if action is None or action.perform is None:
        return _no_action(destination, delivery, action)
    settings = complete_settings(destination, connection.settings)
    missing = [
        setting.label
        for setting in destination.settings
        if setting.required and settings[setting.key] in _EMPTY
    ]
    if missing:
        return NoTarget(
            slug=slug,
            step=Step.NEEDS_ATTENTION,
            reason=INVALID_SETTINGS,
            what=f"{destination.name} lacks the setting {' and '.join(missing)}.",
            do="Fill it in.",
            connection_version=connection.version,
        )
    batch_size_max = _batch_size_max(action, settings)
    return Target(
        destination,
        action.perform,
        settings,
        connection_version=connection.version,
        perform_batch=action.perform_batch if batch_size_max > 1 else None,
        batch_size_max=batch_size_max,
    )


def complete_settings(destination: Destination, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the owner's settings with defaults where they left one empty, and nothing unknown."""
    return {
        setting.key: setting.default if given.get(setting.key) in _EMPTY else given[setting.key]
        for setting in destination.settings
    }


def _batch_size_max(action: Action, settings: Mapping[str, Any]) -> int:
    """Return how many payloads one request may carry: as many as vendor and owner allow."""
    if action.perform_batch is None:
        return 1
    if action.batch_size_setting is None:
        return action.batch_size_max
    wanted = settings.get(action.batch_size_setting)
    if not isinstance(wanted, int | float) or wanted < 1:
        return 1
    return min(int(wanted), action.batch_size_max)


def _no_action(destination: Destination, delivery: Delivery, action: Action | None) -> NoTarget:
    lacks = "has no such action" if action is None else "does it in the browser only"
    return NoTarget(
        slug=destination.slug,
        step=Step.REJECTED,
        reason=INVALID_SETTINGS,
        what=f'"{delivery.action}" was asked of {destination.name}, which {lacks}.',
        do="Choose another action in the mapping.",
    )
