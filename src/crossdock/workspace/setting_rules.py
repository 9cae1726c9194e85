"""What the settings of a connection may be. No message holds a value: it may be a secret."""

from __future__ import annotations

import math
from collections.abc import Iterator
from urllib.parse import urlsplit

from crossdock.kit import Destination, Setting
from crossdock.workspace.errors import Refused
from crossdock.workspace.model import Connection

VALUE_CHARACTERS_MAX = 10_000

_TYPE_WORDS = {"string": "text", "boolean": "true or false", "number": "a number"}


def problems(connection: Connection, destination: Destination) -> Iterator[Refused]:
    """Yield what is wrong with the connection's settings."""
    known = {setting.key: setting for setting in destination.settings}
    for key, value in connection.settings.items():
        setting = known.get(key)
        if setting is None:
            yield _refused(
                connection,
                key,
                f'{destination.name} has no setting "{key}".',
                do=f"Use one of its settings: {', '.join(known)}."
                if known
                else "Leave it out: this destination has no settings.",
                reason="unknown_setting",
            )
        elif problem := _value_problem(setting, value):
            what, do = problem
            yield _refused(
                connection,
                key,
                f"{setting.label} ({destination.name}) {what}.",
                do=do,
                reason="unusable_setting",
            )
    for setting in destination.settings:
        if lacks_needed(connection, setting):
            wanted = " or ".join(f'"{known[key].label}"' for key in setting.needs_one_of)
            yield _refused(
                connection,
                setting.key,
                f'"{setting.label}" cannot be switched on without {wanted}.',
                do=f"Fill in {wanted} with it.",
                reason="needed_setting_missing",
            )
    if connection.enabled:
        for setting in destination.settings:
            if is_missing(connection, setting):
                yield _refused(
                    connection,
                    setting.key,
                    f'{destination.name} cannot be enabled without "{setting.label}".',
                    do=f'Fill in the setting "{setting.key}" first. {setting.help}',
                    reason="required_setting_missing",
                )


def is_missing(connection: Connection, setting: Setting) -> bool:
    """Return whether the destination needs the setting, and has neither a value nor a default."""
    value = connection.settings.get(setting.key, setting.default)
    return setting.required and (value is None or value == "")


def lacks_needed(connection: Connection, setting: Setting) -> bool:
    """Return whether the setting is switched on without any of those that it needs."""
    settings = connection.settings
    return (
        settings.get(setting.key) is True
        and bool(setting.needs_one_of)
        and not any(settings.get(key) for key in setting.needs_one_of)
    )


def _refused(connection: Connection, key: str, what: str, *, do: str, reason: str) -> Refused:
    return Refused(what, do=do, reason=reason, field=f"settings.{key}", object_id=connection.id)


def _value_problem(setting: Setting, value: object) -> tuple[str, str] | None:
    """Return what is wrong and what to do, or None."""
    word = _TYPE_WORDS[setting.type]
    if not _is_of_type(setting, value):
        return f"is not {word}", f'Give "{setting.key}" {word}.'
    if isinstance(value, str) and len(value) > VALUE_CHARACTERS_MAX:
        return (
            f"has {len(value)} characters, more than {VALUE_CHARACTERS_MAX}",
            "Check that the right text was pasted.",
        )
    if isinstance(value, str) and 0 < len(value) < setting.characters_min:
        return (
            f"has {len(value)} characters, fewer than {setting.characters_min}",
            "Make one at random, such as with `openssl rand -hex 32`.",
        )
    if setting.choices and value not in {choice.value for choice in setting.choices}:
        return (
            "is none of its choices",
            f"Choose one of: {', '.join(choice.value for choice in setting.choices)}.",
        )
    if setting.format == "uri" and value != "" and not _is_web_address(str(value)):
        return (
            "is not a web address",
            f"Give an address that starts with https:// or http://, such as {_example(setting)}.",
        )
    return None


def _is_of_type(setting: Setting, value: object) -> bool:
    if setting.type == "string":
        return isinstance(value, str)
    if setting.type == "boolean":
        return isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_web_address(value: str) -> bool:
    if any(character.isspace() or not character.isprintable() for character in value):
        return False
    try:
        parts = urlsplit(value)
        # Reading the port checks it.
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _example(setting: Setting) -> str:
    return str(setting.default) if setting.default else "https://example.com"
