"""Each event becomes a delivery for each mapping that takes it, or the reason why there is none."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.events import Delivery, Event, Offset, Outcome, SourceId, Step
from crossdock.kit import Destination, Mode
from crossdock.pipeline.route.decide import PAYLOAD_BYTES_MAX, decide
from crossdock.pipeline.route.plan import ConnectionPlan, compile_plan
from crossdock.workspace import Connection, FilterAction, Workspace
from tests.route.builders import (
    COMPILERS,
    connection,
    destination,
    event,
    filter_by,
    mapping,
)

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
WEB = destination(slug="pigeonhole-web", mode=Mode.DEVICE)


def planned(to: Connection, *installed: Destination) -> ConnectionPlan:
    by_slug = {each.slug: each for each in installed or (destination(),)}
    plan = compile_plan(Workspace(version=7, connections=(to,)), by_slug, COMPILERS)
    return plan.source(SourceId("src_1")).to_send[0]


def decided(seen: Event, to: Connection, *installed: Destination) -> list[Delivery | Outcome]:
    return list(decide(seen, planned(to, *installed), workspace_version=7, now=NOON))


def why(seen: Event, to: Connection, *installed: Destination) -> tuple[Step, str]:
    (outcome,) = decided(seen, to, *installed)
    assert isinstance(outcome, Outcome)
    assert (outcome.at, outcome.connection_id) == (NOON, to.id)
    return outcome.step, outcome.reason


def test_a_mapping_that_takes_an_event_makes_a_delivery() -> None:
    seen = event("track", offset=Offset(5, 3), event="Bought")

    made = decided(seen, connection(mapping("track", id_="map_1")))

    assert made == [
        Delivery(
            id="5-3-map_1",
            offset=Offset(5, 3),
            source_id=seen.source_id,
            connection_id=connection().id,
            mapping_id=mapping(id_="map_1").id,
            action="save",
            message_id=seen.message_id,
            event_type=seen.type,
            event_name="Bought",
            person="u:u1",
            received_at=seen.received_at,
            payload={"name": "Bought"},
            workspace_version=7,
        )
    ]


def test_each_mapping_that_takes_an_event_makes_a_delivery() -> None:
    made = decided(
        event("track"),
        connection(mapping(id_="map_1"), mapping("page", id_="map_2"), mapping(id_="map_3")),
    )

    assert [each.mapping_id for each in made] == ["map_1", "map_3"]


@pytest.mark.parametrize("type_", ["track", "identify", "page", "screen", "group", "alias"])
def test_all_six_kinds_of_event_are_routed_alike(type_: str) -> None:
    made = decided(event(type_, name="Home"), connection(mapping(type_, name="type")))

    assert isinstance(made[0], Delivery)


def test_an_event_that_no_mapping_takes_is_filtered() -> None:
    assert why(event("page"), connection(mapping("track"))) == (Step.FILTERED, "trigger")


def test_an_event_whose_sender_excludes_the_destination_is_filtered() -> None:
    seen = event("track", integrations={"Pigeonhole": False})

    assert why(seen, connection(mapping())) == (Step.FILTERED, "integrations")


def test_an_event_that_the_page_delivered_is_filtered() -> None:
    seen = event("track", _metadata={"bundled": [WEB.name]})
    cloud = destination(same_vendor_as=WEB.slug)

    assert why(seen, connection(mapping()), cloud, WEB) == (Step.FILTERED, "already_in_browser")


def test_an_event_that_the_page_could_not_deliver_is_delivered() -> None:
    metadata = {"bundled": [WEB.name], "failedInitializations": [WEB.name]}
    cloud = destination(same_vendor_as=WEB.slug)

    made = decided(event("track", _metadata=metadata), connection(mapping()), cloud, WEB)

    assert isinstance(made[0], Delivery)


def beside_a_page(seen: Event, page: Connection) -> list[Delivery | Outcome]:
    """What becomes of an event for a cloud connection, where the source has this page beside it."""
    cloud = destination(same_vendor_as=WEB.slug)
    workspace = Workspace(version=7, connections=(connection(mapping()), page))
    plan = compile_plan(workspace, {cloud.slug: cloud, WEB.slug: WEB}, COMPILERS)
    (to,) = plan.source(SourceId("src_1")).to_send
    return list(decide(seen, to, workspace_version=7, now=NOON))


ON_THE_PAGE = {"bundled": [WEB.name]}


def test_what_a_page_takes_is_left_to_it() -> None:
    page = connection(mapping("track"), id_="con_page", slug=WEB.slug)

    (outcome,) = beside_a_page(event("track", _metadata=ON_THE_PAGE), page)

    assert isinstance(outcome, Outcome)
    assert outcome.reason == "already_in_browser"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            connection(mapping("identify"), id_="con_page", slug=WEB.slug),
            id="no mapping of the page takes the event",
        ),
        pytest.param(
            connection(
                mapping("track"),
                id_="con_page",
                slug=WEB.slug,
                filters=(filter_by(FilterAction(type="DROP")),),
            ),
            id="a filter of the page drops the event",
        ),
    ],
)
def test_what_a_page_does_not_take_is_delivered_by_the_server(page: Connection) -> None:
    made = beside_a_page(event("track", _metadata=ON_THE_PAGE), page)

    assert isinstance(made[0], Delivery)


def test_what_a_page_may_have_in_its_sample_is_not_given_again() -> None:
    sample = filter_by(FilterAction(type="SAMPLE", percent=0.0))
    page = connection(mapping("track"), id_="con_page", slug=WEB.slug, filters=(sample,))

    (outcome,) = beside_a_page(event("track", _metadata=ON_THE_PAGE), page)

    assert isinstance(outcome, Outcome)
    assert outcome.reason == "already_in_browser"


def test_a_page_of_another_vendor_changes_nothing() -> None:
    seen = event("track", _metadata={"bundled": [WEB.name]})

    made = decided(seen, connection(mapping()), destination(), WEB)

    assert isinstance(made[0], Delivery)


def test_an_event_that_a_filter_drops_is_filtered() -> None:
    to = connection(mapping(), filters=(filter_by(FilterAction(type="DROP")),))

    assert why(event("track"), to) == (Step.FILTERED, "filter")


def test_a_mapping_sees_only_what_the_filters_left() -> None:
    allow = FilterAction(type="ALLOW_PROPERTIES", fields={"properties": ["a"]})
    to = connection(mapping(name="event", properties="properties"), filters=(filter_by(allow),))

    (made,) = decided(event("track", properties={"a": 1, "b": 2}), to)

    assert isinstance(made, Delivery)
    assert made.payload["properties"] == {"a": 1}


def test_a_payload_that_the_action_does_not_take_is_rejected() -> None:
    (outcome,) = decided(event("page"), connection(mapping("page", name="not there")))

    assert isinstance(outcome, Outcome)
    assert (outcome.step, outcome.reason) == (
        Step.REJECTED,
        "errors.discarded.MESSAGE_REJECTED",
    )
    assert outcome.what == "The root value is missing 'name'."


def test_a_payload_that_is_too_large_is_rejected() -> None:
    seen = event("track", event="x" * PAYLOAD_BYTES_MAX)

    assert why(seen, connection(mapping())) == (
        Step.REJECTED,
        "errors.discarded.MESSAGE_REJECTED",
    )


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(mapping("broken"), id="a trigger"),
        pytest.param(mapping(broken="event"), id="a mapping"),
        pytest.param(mapping(action="fly"), id="an action that there is not"),
    ],
)
def test_what_is_set_up_wrongly_is_rejected_and_says_so(broken: Any) -> None:
    assert why(event("track"), connection(broken)) == (
        Step.REJECTED,
        "errors.discarded.INVALID_SETTINGS",
    )


def test_a_destination_that_is_not_installed_is_named() -> None:
    (outcome,) = decided(event("track"), connection(mapping(), slug="gone"))

    assert isinstance(outcome, Outcome)
    assert outcome.what == 'There is no destination "gone" in this installation.'


@pytest.mark.parametrize("bug", [mapping("explodes"), mapping(explodes="event")])
def test_a_bug_in_one_mapping_does_not_stop_the_next(bug: Any) -> None:
    discarded, made = decided(event("track"), connection(bug, mapping(id_="map_2")))

    assert isinstance(made, Delivery)
    assert isinstance(discarded, Outcome)
    assert (discarded.step, discarded.reason) == (Step.DISCARDED, "bad_request")
    assert "secret" not in discarded.what


def test_deciding_again_gives_the_same_ids() -> None:
    seen = event("track")
    to = connection(mapping(), mapping("explodes", id_="map_2"), mapping("broken", id_="map_3"))

    ids = [each.id for each in decided(seen, to)]

    assert ids == [each.id for each in decided(seen, to)]
    assert len(set(ids)) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["bundled", "All", "a", "b"]), inner)
    ),
    max_leaves=6,
)


@given(
    parts=st.dictionaries(
        st.sampled_from(["_metadata", "integrations", "context", "properties", "traits"]),
        json_values,
    )
)
def test_every_event_ends_in_something_for_each_mapping_or_once(parts: dict[str, Any]) -> None:
    filters = (
        filter_by(FilterAction(type="DROP_PROPERTIES", fields={"properties": ["a.b"]})),
        filter_by(FilterAction(type="ALLOW_PROPERTIES", fields={"context": ["a"]})),
    )
    to = connection(mapping(), mapping(id_="map_2"), filters=filters)

    made = decided(event("track", **parts), to, destination(same_vendor_as=WEB.slug), WEB)

    assert len(made) in {1, 2}
    assert all(isinstance(each, Delivery) for each in made) or len(made) == 1
