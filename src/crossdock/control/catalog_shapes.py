"""Entries of the catalog as the API gives them, in the shapes of Segment's catalog."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pydantic

from crossdock.control.answers import Pagination, Shape
from crossdock.kit import Action, Destination, Field, Mode, Setting
from crossdock.workspace.source_types import SourceType

_SOURCE_KINDS: tuple[Literal["web", "mobile", "server"], ...] = ("web", "mobile", "server")
_METHODS = {"pageview": "page", "identify": "identify", "alias": "alias", "track": "track"} | {
    "group": "group"
}


class Logos(Shape):
    """Pictures; there are none."""

    default: str = ""


class Option(Shape):
    """A setting: Segment's fields, then what ours has more."""

    name: str
    type: str
    required: bool
    description: str
    default_value: str | bool | float | None
    label: str
    is_secret: bool
    format: str | None
    choices: list[dict[str, str]]


class SourceMetadata(Shape):
    """A type of source."""

    id: str
    name: str
    slug: str
    kind: Literal["web", "mobile", "server"]
    description: str
    logos: Logos = Logos()
    options: list[Option] = pydantic.Field(default_factory=list)
    categories: list[str]
    is_cloud_event_source: bool = False


class ActionField(Shape):
    """A part of an action's payload."""

    id: str
    sort_order: int
    field_key: str
    label: str
    type: str
    description: str
    default_value: Any
    required: bool
    multiple: bool
    choices: list[dict[str, str]] | None
    dynamic: bool = False
    allow_null: bool


class ActionMetadata(Shape):
    """Something that a destination can do."""

    id: str
    slug: str
    name: str
    description: str
    platform: Literal["CLOUD", "WEB", "MOBILE"]
    hidden: bool = False
    default_trigger: str
    fields: list[ActionField]


class PresetMetadata(Shape):
    """A mapping that every new destination starts with."""

    action_id: str
    name: str
    fields: dict[str, Any]
    trigger: str


class ModeRow(Shape):
    """Which modes a kind of source can use."""

    device: bool
    cloud: bool


class ExplanationShape(Shape):
    """What a symptom means, and what to do about it."""

    code: str
    symptom: str
    what: str
    do: str


class DestinationMetadata(Shape):
    """A destination of the catalog: what it can do and what it needs.

    `browserValuesOption`: of a destination that can be told in browsers in which audiences a user
    is, the option that switches it on.
    """

    id: str
    name: str
    slug: str
    description: str
    suits: str = pydantic.Field(
        description="When to choose it, where a vendor has more than one; else empty."
    )
    vendor: str = pydantic.Field(description="What the destinations of one vendor share: `ripe`.")
    website: str
    logos: Logos = Logos()
    options: list[Option]
    status: Literal["PUBLIC"] = "PUBLIC"
    previous_names: list[str] = pydantic.Field(default_factory=list)
    categories: list[str] = pydantic.Field(default_factory=list)
    components: list[dict[str, str]]
    supported_features: dict[str, Any]
    supported_methods: dict[str, bool]
    supported_platforms: dict[str, bool]
    actions: list[ActionMetadata]
    presets: list[PresetMetadata]
    kind: Literal["actions", "classic"]
    mode: Literal["device", "cloud"]
    connection_modes: dict[str, ModeRow]
    explanations: list[ExplanationShape]
    is_testable: bool
    browser_values_option: str | None = None


class DestinationMetadataAnswer(Shape):
    """One entry."""

    destination_metadata: DestinationMetadata


class DestinationsCatalogAnswer(Shape):
    """A page of entries."""

    destinations_catalog: list[DestinationMetadata]
    pagination: Pagination


class SourceMetadataAnswer(Shape):
    """One entry."""

    source_metadata: SourceMetadata


class SourcesCatalogAnswer(Shape):
    """A page of entries."""

    sources_catalog: list[SourceMetadata]
    pagination: Pagination


def source_metadata(source_type: SourceType) -> SourceMetadata:
    """Return the entry of a type of source."""
    return SourceMetadata(
        id=source_type.id,
        name=source_type.name,
        slug=source_type.id,
        kind=source_type.kind,
        description=source_type.description,
        categories=[source_type.kind],
    )


def destination_metadata(destination: Destination) -> DestinationMetadata:
    """Return the entry of a destination."""
    modes: dict[str, ModeRow] = {
        kind: ModeRow(
            device=Mode.DEVICE in destination.connection_modes.get(kind, ()),
            cloud=Mode.CLOUD in destination.connection_modes.get(kind, ()),
        )
        for kind in _SOURCE_KINDS
    }
    is_device = destination.mode is Mode.DEVICE
    triggers = " ".join(action.trigger for action in destination.actions)
    return DestinationMetadata(
        id=destination.catalog_id,
        name=destination.name,
        slug=destination.slug,
        description=destination.description,
        suits=destination.suits,
        vendor=destination.folder,
        website=destination.website,
        categories=list(destination.categories),
        options=[_option(setting) for setting in destination.settings],
        components=[
            {"type": "BROWSER" if is_device else "CLOUD", "code": "", "owner": "PARTNER"},
        ],
        supported_features={
            "cloudModeInstances": "NONE" if is_device else "MULTIPLE",
            "deviceModeInstances": "SINGLE" if is_device else "NONE",
            "replay": False,
            "browserUnbundling": False,
        },
        supported_methods={
            method: destination.kind == "classic" or f'"{word}"' in triggers or not triggers
            for method, word in _METHODS.items()
        },
        supported_platforms={
            "browser": modes["web"].device or modes["web"].cloud,
            "mobile": modes["mobile"].device or modes["mobile"].cloud,
            "server": modes["server"].device or modes["server"].cloud,
        },
        actions=[_action(action, destination) for action in destination.actions],
        presets=_presets(destination),
        kind=destination.kind,
        mode=destination.mode.value,
        connection_modes=modes,
        explanations=[
            ExplanationShape(
                code=explanation.code,
                symptom=explanation.symptom,
                what=explanation.what,
                do=explanation.do,
            )
            for explanation in destination.explanations
        ],
        is_testable=destination.test_settings is not None,
        browser_values_option=destination.plugin.values.setting
        if destination.plugin is not None and destination.plugin.values is not None
        else None,
    )


def _presets(destination: Destination) -> list[PresetMetadata]:
    return [
        PresetMetadata(
            action_id=f"{destination.slug}:{preset.action}",
            name=preset.name,
            fields=action.default_mapping(),
            trigger=preset.trigger,
        )
        for preset in destination.presets
        for action in [destination.action(preset.action)]
        if action is not None
    ]


def unknown_destination_metadata(slug: str) -> DestinationMetadata:
    """Return what can be said of a destination that is not installed any more."""
    return DestinationMetadata(
        id=slug,
        name=slug,
        slug=slug,
        description="This destination is not installed. Install its package, or delete it here.",
        suits="",
        vendor=slug,
        website="",
        options=[],
        components=[],
        supported_features={},
        supported_methods={},
        supported_platforms={},
        actions=[],
        presets=[],
        kind="actions",
        mode="cloud",
        connection_modes={},
        explanations=[],
        is_testable=False,
    )


def _option(setting: Setting) -> Option:
    return Option(
        name=setting.key,
        type=setting.type,
        required=setting.required,
        description=setting.help,
        default_value=setting.default,
        label=setting.label,
        is_secret=setting.secret,
        format=setting.format,
        choices=[{"value": c.value, "label": c.label} for c in setting.choices],
    )


def _action(action: Action, destination: Destination) -> ActionMetadata:
    action_id = f"{destination.slug}:{action.slug}"
    return ActionMetadata(
        id=action_id,
        slug=action.slug,
        name=action.label,
        description=action.description,
        platform="WEB" if destination.mode is Mode.DEVICE else "CLOUD",
        default_trigger=action.trigger,
        fields=[
            _field(field, action_id, sort_order) for sort_order, field in enumerate(action.fields)
        ],
    )


def _field(field: Field, action_id: str, sort_order: int) -> ActionField:
    return ActionField(
        id=f"{action_id}:{field.key}",
        sort_order=sort_order,
        field_key=field.key,
        label=field.label,
        type=field.type.upper(),
        description=field.description,
        default_value=msgspec.to_builtins(field.default),
        required=field.required,
        multiple=field.multiple,
        choices=[{"value": c.value, "label": c.label} for c in field.choices] or None,
        allow_null=field.allow_null,
    )
