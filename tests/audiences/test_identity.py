"""Who an event is about: everybody with one of its identifiers, within limits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.audiences.identity import (
    Identifier,
    Limits,
    Mark,
    People,
    Traits,
    find_identifier,
    identifiers_of,
)
from crossdock.events import Event
from tests.audiences.building import event

PLENTY = Limits(by_type={}, others=1_000)


def people(limits: Limits | None = None) -> People:
    return People([], next_profile_id=itertools.count(1).__next__, limits=limits)


def profile_of(everybody: People, happened: Event) -> int:
    resolved = everybody.resolve(happened)
    assert resolved is not None
    return resolved.profile_id


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="an empty text"),
        pytest.param("000", id="zeroes"),
        pytest.param("00000000-0000-0000-0000-000000000000", id="the empty UUID"),
        pytest.param("-1", id="minus one"),
        pytest.param("null", id="null"),
        pytest.param("Anonymous", id="anonymous in any case"),
        pytest.param("x" * 501, id="more than an id has"),
        pytest.param(None, id="nothing"),
        pytest.param({"id": 1}, id="an object"),
    ],
)
def test_what_programs_send_for_nobody_identifies_nobody(value: object) -> None:
    assert find_identifier("user_id", value) is None
    assert people().resolve(event(userId=value)) is None


def test_an_email_is_the_same_in_any_case() -> None:
    assert find_identifier("email", "Ada@Example.com") == Identifier("email", "ada@example.com")


def test_identifiers_come_from_ids_emails_devices_and_external_ids_by_priority() -> None:
    happened = event(
        userId="ada",
        anonymousId="browser",
        properties={"email": "ada@example.com"},
        context={
            "device": {"type": "iOS", "id": "D1", "advertisingId": "F1", "token": "T1"},
            "externalIds": [
                {"id": "b1", "type": "braze_id", "collection": "users", "encoding": "none"},
                {"id": "g1", "type": "shop_id", "collection": "accounts", "encoding": "none"},
                "nonsense",
            ],
        },
    )

    assert [tuple(one) for one in identifiers_of(happened)] == [
        ("user_id", "ada"),
        ("email", "ada@example.com"),
        ("anonymous_id", "browser"),
        ("braze_id", "b1"),
        ("ios.id", "D1"),
        ("ios.idfa", "F1"),
        ("ios.push_token", "T1"),
    ]


def test_the_email_of_a_group_is_nobodys() -> None:
    happened = event(kind="group", userId="ada", groupId="g", traits={"email": "info@acme.com"})

    assert identifiers_of(happened) == [Identifier("user_id", "ada")]


def test_two_users_of_one_browser_stay_two() -> None:
    everybody = people()
    ada = profile_of(everybody, event(userId="ada", anonymousId="kitchen"))

    resolved = everybody.resolve(event(userId="bob", anonymousId="kitchen"))

    assert resolved is not None
    assert resolved.profile_id != ada
    assert resolved.left_out == [Identifier("anonymous_id", "kitchen")]


def test_a_sixth_email_is_somebody_elses() -> None:
    everybody = people()
    numbers = range(5)
    ada = {
        profile_of(everybody, event(userId="ada", properties={"email": str(n + 1)}))
        for n in numbers
    }

    resolved = everybody.resolve(event(userId="ada", properties={"email": "sixth"}))

    assert resolved is not None
    assert {resolved.profile_id} == ada
    assert resolved.left_out == [Identifier("email", "sixth")]


def test_a_profile_becomes_at_most_a_hundred_others() -> None:
    everybody = people(Limits(by_type={}, others=1_000, merges=2))
    ada = profile_of(everybody, event(userId="ada"))
    for number in range(4):
        profile_of(everybody, event(anonymousId=f"b{number}"))

    joined = [
        profile_of(everybody, event(userId="ada", anonymousId=f"b{number}")) for number in range(4)
    ]

    assert joined == [ada] * 4
    assert everybody.person(ada).merges == 2


def test_an_alias_joins_two_users_and_both_are_known_by_it() -> None:
    everybody = people()
    old = profile_of(everybody, event(userId="old"))
    new = profile_of(everybody, event(userId="new"))
    assert old != new

    joined = profile_of(everybody, event(kind="alias", userId="new", previousId="old"))

    assert profile_of(everybody, event(userId="old")) == joined
    assert profile_of(everybody, event(userId="new", anonymousId="browser")) == joined


def test_who_has_a_user_id_stays_and_the_browser_becomes_them() -> None:
    everybody = people()
    browser = profile_of(everybody, event(anonymousId="browser"))
    ada = profile_of(everybody, event(userId="ada"))

    resolved = everybody.resolve(event(userId="ada", anonymousId="browser"))

    assert resolved is not None
    assert (resolved.profile_id, resolved.merged) == (ada, [browser])


events_of_people = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "userId": st.sampled_from("abcd"),
            "anonymousId": st.sampled_from("wxyz"),
            "properties": st.fixed_dictionaries({"email": st.sampled_from("mnop")}),
        },
    ),
    max_size=12,
)


def groups(happened: Sequence[Event]) -> set[frozenset[Identifier]]:
    everybody = people(PLENTY)
    ids = {resolved.profile_id for one in happened if (resolved := everybody.resolve(one))}
    known: set[frozenset[Identifier]] = set()
    for one in happened:
        resolved = everybody.resolve(one)
        if resolved is not None:
            known.add(frozenset(everybody.person(resolved.profile_id).identifiers))
    assert len(known) <= max(1, len(ids))
    return known


@given(st.data(), events_of_people)
def test_any_order_of_the_same_events_makes_the_same_people(
    data: st.DataObject, bodies: list[dict[str, object]]
) -> None:
    happened = [event(index, kind="track", **body) for index, body in enumerate(bodies)]

    assert groups(data.draw(st.permutations(happened))) == groups(happened)


@given(st.data(), st.lists(st.tuples(st.sampled_from("ab"), st.none() | st.integers(0, 3))))
def test_any_order_of_the_same_traits_teaches_the_same(
    data: st.DataObject, said: list[tuple[str, int | None]]
) -> None:
    marked = [({key: value}, Mark(us, "shop")) for us, (key, value) in enumerate(said)]
    in_order, in_disorder, second = Traits(), Traits(), Traits()
    for one, mark in marked:
        in_order.learn(one, mark)

    for index, (one, mark) in enumerate(data.draw(st.permutations(marked))):
        (second if index % 2 else in_disorder).learn(one, mark)
    in_disorder.merge(second)

    assert in_disorder == in_order
