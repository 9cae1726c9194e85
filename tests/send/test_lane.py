"""A lane bounds a connection's attempts, and keeps each person's deliveries in order if asked."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.events import Delivery
from crossdock.pipeline.send.lane import Lane, LaneLimits
from tests.send.builders import delivery


@dataclasses.dataclass
class Message:
    """A delivery as the journal hands it out, without the journal."""

    delivery: Delivery

    async def done(self) -> None:
        raise NotImplementedError

    async def later(self, seconds: float) -> None:
        raise NotImplementedError


def lane(*, keeps_order: bool = False, attempts_max: int = 2, held_max: int = 100) -> Lane:
    limits = LaneLimits(attempts_max=attempts_max, held_max=held_max)
    return Lane(keeps_order=keeps_order, limits=limits)


def begun(from_lane: Lane) -> list[str]:
    return [each.person for each in iter(from_lane.begin, None)]


def admit(to: Lane, *people: str) -> list[Delivery]:
    deliveries = [delivery(person=person) for person in people]
    for each in deliveries:
        assert to.admit(Message(each))
    return deliveries


def test_no_more_than_its_share_is_attempted_at_a_time() -> None:
    narrow = lane(attempts_max=2)
    admit(narrow, "a", "b", "c")

    assert begun(narrow) == ["a", "b"]


def test_the_end_of_an_attempt_makes_room_for_the_next() -> None:
    narrow = lane(attempts_max=1)
    first, _ = admit(narrow, "a", "b")
    narrow.begin()

    narrow.end(first)

    assert begun(narrow) == ["b"]


def test_without_order_one_person_can_be_attempted_twice_at_a_time() -> None:
    unordered = lane()
    admit(unordered, "a", "a")

    assert begun(unordered) == ["a", "a"]


def test_with_order_the_next_of_a_person_waits_and_others_do_not() -> None:
    ordered = lane(keeps_order=True, attempts_max=5)
    first, *_ = admit(ordered, "a", "a", "b")
    assert begun(ordered) == ["a", "b"]

    ordered.end(first)

    assert begun(ordered) == ["a"]


def test_what_there_is_no_room_for_goes_back() -> None:
    small = lane(held_max=1)
    admit(small, "a")

    assert not small.admit(Message(delivery()))


def test_with_order_nothing_overtakes_what_went_back() -> None:
    small = lane(keeps_order=True, held_max=1)
    (held,) = admit(small, "a")
    back, later = delivery(person="b"), delivery(person="b")
    assert not small.admit(Message(back))
    small.begin()
    small.end(held)

    is_later_admitted = small.admit(Message(later))

    assert not is_later_admitted
    assert small.admit(Message(back))


def test_another_person_overtakes_what_went_back() -> None:
    small = lane(keeps_order=True, held_max=1)
    (held,) = admit(small, "a")
    assert not small.admit(Message(delivery(person="b")))
    small.begin()
    small.end(held)

    assert small.admit(Message(delivery(person="c")))


def test_a_delivery_that_comes_again_is_not_attempted_twice() -> None:
    one = lane()
    (first,) = admit(one, "a")
    again = Message(first)

    assert one.admit(again)
    assert begun(one) == ["a"]
    assert one.end(first) is again


def test_a_slow_vendor_is_waited_for_longer() -> None:
    slow = lane(attempts_max=1)
    before = slow.back_seconds()
    for each in admit(slow, *"abcdefgh"):
        slow.begin()
        slow.end(each, attempt_seconds=30.0)
    admit(slow, *"abcdefgh")

    assert before < slow.back_seconds() <= 60.0


def test_what_waits_is_given_up_and_what_is_under_way_is_not() -> None:
    stopping = lane(keeps_order=True, attempts_max=1)
    first, *rest = admit(stopping, "a", "a", "b")
    stopping.begin()

    left = [message.delivery for message in stopping.give_up_waiting()]

    assert left == rest
    stopping.end(first)
    assert stopping.begin() is None


@pytest.mark.parametrize("keeps_order", [True, False])
def test_an_empty_lane_is_idle(*, keeps_order: bool) -> None:
    used = lane(keeps_order=keeps_order)
    (only,) = admit(used, "a")
    assert not used.is_idle
    used.begin()

    used.end(only)

    assert used.is_idle


@given(
    people=st.lists(st.sampled_from("abc"), max_size=40),
    attempts_max=st.integers(1, 4),
    held_max=st.integers(1, 6),
    data=st.data(),
)
def test_every_delivery_is_attempted_once_and_each_persons_in_order(
    people: list[str], attempts_max: int, held_max: int, data: st.DataObject
) -> None:
    ordered = lane(keeps_order=True, attempts_max=attempts_max, held_max=held_max)
    coming = [delivery(person=person, sequence=index) for index, person in enumerate(people)]
    sent_back: list[Delivery] = []
    under_way: list[Delivery] = []
    ended: list[Delivery] = []

    refused_in_a_row = 0
    while coming or sent_back or under_way or not ordered.is_idle:
        under_way += iter(ordered.begin, None)
        assert len(under_way) <= attempts_max
        assert len({each.person for each in under_way}) == len(under_way)
        choices = [
            *(["come"] if coming else []),
            *(["return"] if refused_in_a_row < len(sent_back) else []),
            *(["end"] if under_way else []),
        ]
        choice = data.draw(st.sampled_from(choices))
        if choice == "end":
            ending = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
            ordered.end(ending)
            ended.append(ending)
            refused_in_a_row = 0
            continue
        next_one = (coming if choice == "come" else sent_back).pop(0)
        if ordered.admit(Message(next_one)):
            refused_in_a_row = 0
        else:
            sent_back.append(next_one)
            refused_in_a_row += choice == "return"

    assert len(ended) == len(people)
    for person in "abc":
        offsets = [each.offset for each in ended if each.person == person]
        assert offsets == sorted(offsets)
