"""Subscriptions: which events an action takes, and what is made of them. The code says mapping."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response
from pydantic import Field

from crossdock.base.json import JsonObject
from crossdock.control.answers import (
    Data,
    IfMatch,
    Pagination,
    Paging,
    Request_,
    Shape,
    Status,
    expected_version,
    give_etag,
)
from crossdock.control.parts import Here, Parts
from crossdock.control.shapes import SubscriptionShape, subscription_shape
from crossdock.events import MappingId
from crossdock.workspace import Connection, Mapping, Refused, Workspace, edits

router = APIRouter(prefix="/destinations/{destination_id}/subscriptions", tags=["Subscriptions"])


class CreateSubscription(Request_):
    """A new mapping. It is disabled until it is enabled; without settings it maps the defaults."""

    name: str
    action_id: str = Field(description="The id or the slug of one of the destination's actions.")
    trigger: str
    enabled: bool = False
    settings: JsonObject | None = None


class SubscriptionChange(Request_):
    """What changes; what is left out stays. `settings` is replaced as a whole."""

    name: str | None = None
    trigger: str | None = None
    enabled: bool | None = None
    settings: JsonObject | None = None


class UpdateSubscription(SubscriptionChange):
    """The change itself, or as Segment has it inside `input`."""

    input: SubscriptionChange | None = None


class SubscriptionOrder(Request_):
    """Every mapping of the destination, in the order that they are to have."""

    subscription_ids: list[str]


class CreatedSubscriptionAnswer(Shape):
    """The new mapping."""

    destination_subscription: SubscriptionShape


class SubscriptionAnswer(Shape):
    """One mapping."""

    subscription: SubscriptionShape


class SubscriptionsAnswer(Shape):
    """A page of mappings."""

    subscriptions: list[SubscriptionShape]
    pagination: Pagination


@router.get("")
def list_subscriptions(
    destination_id: str, parts: Here, paging: Annotated[Paging, Depends()]
) -> Data[SubscriptionsAnswer]:
    """List the mappings of a destination, in their order."""
    connection = edits.find_connection(parts.store.load(), destination_id)
    mappings, pagination = paging.page(connection.mappings)
    shapes = [subscription_shape(mapping, connection) for mapping in mappings]
    return Data(data=SubscriptionsAnswer(subscriptions=shapes, pagination=pagination))


@router.post("")
def create_subscription(
    destination_id: str, response: Response, body: CreateSubscription, parts: Here
) -> Data[CreatedSubscriptionAnswer]:
    """Add a mapping after those there are; at most 50."""
    mapping_id = MappingId(parts.ids.new("map"))

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        slug = body.action_id.removeprefix(f"{connection.destination}:")
        mapping = Mapping(
            id=mapping_id,
            connection_id=connection.id,
            name=body.name,
            action=slug,
            trigger=body.trigger,
            fields=_defaults(parts, connection, slug) if body.settings is None else body.settings,
            enabled=body.enabled,
        )
        return edits.with_connection(workspace, edits.with_mapping(connection, mapping))

    shape = _shape(parts.change(decide), destination_id, mapping_id, response)
    return Data(data=CreatedSubscriptionAnswer(destination_subscription=shape))


@router.put("")
def order_subscriptions(
    destination_id: str, body: SubscriptionOrder, parts: Here
) -> Data[SubscriptionsAnswer]:
    """Put the mappings of a destination into another order."""

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        by_id = {mapping.id: mapping for mapping in connection.mappings}
        if sorted(body.subscription_ids) != sorted(by_id):
            raise Refused(
                "The order does not name each mapping of the destination once.",
                do="Load the mappings again, and order those that there are now.",
                reason="unusable_order",
                field="subscriptionIds",
            )
        mappings = tuple(by_id[MappingId(each)] for each in body.subscription_ids)
        return edits.with_connection(
            workspace, msgspec.structs.replace(connection, mappings=mappings)
        )

    connection = edits.find_connection(parts.change(decide), destination_id)
    shapes = [subscription_shape(mapping, connection) for mapping in connection.mappings]
    pagination = Pagination(current="", total_entries=len(shapes))
    return Data(data=SubscriptionsAnswer(subscriptions=shapes, pagination=pagination))


@router.get("/{subscription_id}")
def read_subscription(
    destination_id: str, subscription_id: str, response: Response, parts: Here
) -> Data[SubscriptionAnswer]:
    """Return a mapping."""
    shape = _shape(parts.store.load(), destination_id, subscription_id, response)
    return Data(data=SubscriptionAnswer(subscription=shape))


@router.patch("/{subscription_id}")
def update_subscription(  # noqa: PLR0913, PLR0917 - FastAPI hands over one by one.
    destination_id: str,
    subscription_id: str,
    response: Response,
    body: UpdateSubscription,
    parts: Here,
    if_match: IfMatch = None,
) -> Data[SubscriptionAnswer]:
    """Change a mapping."""
    version = expected_version(if_match)
    change = body.input or body

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        mapping = edits.find_mapping(connection, subscription_id)
        edits.expect_version(mapping, version)
        changed = msgspec.structs.replace(
            mapping,
            name=mapping.name if change.name is None else change.name,
            trigger=mapping.trigger if change.trigger is None else change.trigger,
            enabled=mapping.enabled if change.enabled is None else change.enabled,
            fields=mapping.fields if change.settings is None else change.settings,
        )
        return edits.with_connection(workspace, edits.with_mapping(connection, changed))

    shape = _shape(parts.change(decide), destination_id, subscription_id, response)
    return Data(data=SubscriptionAnswer(subscription=shape))


@router.delete("/{subscription_id}")
def delete_subscription(
    destination_id: str, subscription_id: str, parts: Here, if_match: IfMatch = None
) -> Data[Status]:
    """Delete a mapping."""
    version = expected_version(if_match)

    def decide(workspace: Workspace) -> Workspace:
        connection = edits.find_connection(workspace, destination_id)
        edits.expect_version(edits.find_mapping(connection, subscription_id), version)
        return edits.with_connection(workspace, edits.without_mapping(connection, subscription_id))

    parts.change(decide)
    return Data(data=Status())


def _defaults(parts: Parts, connection: Connection, action_slug: str) -> JsonObject:
    destination = parts.catalog.find(connection.destination)
    action = destination.action(action_slug) if destination else None
    return action.default_mapping() if action else {}


def _shape(
    workspace: Workspace, destination_id: str, subscription_id: str, response: Response
) -> SubscriptionShape:
    connection = edits.find_connection(workspace, destination_id)
    mapping = edits.find_mapping(connection, subscription_id)
    give_etag(response, mapping.version)
    return subscription_shape(mapping, connection)
