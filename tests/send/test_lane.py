"""A lane bounds what is in memory, and keeps each person's deliveries in order if asked."""

from __future__ import annotations

import dataclasses
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from crossdock.events import Delivery
from crossdock.pipeline.send.lane import Held, Lane, LaneLimits
from tests.send.builders import NOON, delivery


@dataclasses.dataclass
class Message:
    """A delivery as the journal hands it out, without the journal."""

    delivery: Delivery
    made_at: dt.datetime = NOON
    size_bytes: int = 100
    place: int = 1

    async def done(self) -> None:
        raise NotImplementedError


def lane(*, keeps_order: bool = False, limits: LaneLimits | None = None) -> Lane:
    return Lane(keeps_order=keeps_order, limits=limits or LaneLimits())


def begun(from_lane: Lane) -> list[Held]:
    return list(iter(from_lane.begin, None))


def people(of: list[Held]) -> list[str]:
    return [held.delivery.person for held in of]


def admit(to: Lane, *names: str) -> list[Delivery]:
    deliveries = [delivery(person=name) for name in names]
    for each in deliveries:
        to.admit(Message(each))
    return deliveries


def test_without_order_one_person_can_be_attempted_twice_at_a_time() -> None:
    unordered = lane()
    admit(unordered, "a", "a")

    assert people(begun(unordered)) == ["a", "a"]


def test_with_order_the_next_of_a_person_waits_and_others_do_not() -> None:
    ordered = lane(keeps_order=True)
    admit(ordered, "a", "a", "b")
    first, other = begun(ordered)
    assert people([first, other]) == ["a", "b"]

    ordered.end(first)

    assert people(begun(ordered)) == ["a"]


def test_with_order_the_next_of_a_person_waits_for_the_retry_of_the_one_before() -> None:
    ordered = lane(keeps_order=True)
    admit(ordered, "a", "a", "b")
    first, other = begun(ordered)
    ordered.end(other)

    ordered.wait([first], until_seconds=60.0)
    ordered.wake(59.0)
    assert begun(ordered) == []
    ordered.wake(60.0)

    assert begun(ordered) == [first]


def test_without_order_others_of_a_person_go_on_during_a_retry() -> None:
    unordered = lane()
    admit(unordered, "a")
    (first,) = begun(unordered)
    unordered.wait([first], until_seconds=60.0)

    admit(unordered, "a")

    assert people(begun(unordered)) == ["a"]


def test_what_is_put_back_is_the_next() -> None:
    unordered = lane()
    admit(unordered, "a", "b")
    first = unordered.begin()
    assert first is not None

    unordered.put_back(first)

    assert people(begun(unordered)) == ["a", "b"]


def test_a_batch_is_of_what_is_alike_and_next() -> None:
    unordered = lane()
    for action in ("save", "save", "save", "drop", "save"):
        unordered.admit(Message(delivery(action=action)))
    unordered.begin()

    more = unordered.begin_more(
        lambda other: other.action == "save", count_max=10, bytes_max=10_000
    )

    assert len(more) == 2


def test_with_order_a_batch_has_each_person_once() -> None:
    ordered = lane(keeps_order=True)
    admit(ordered, "a", "a", "b")
    ordered.begin()

    more = ordered.begin_more(lambda _: True, count_max=10, bytes_max=10_000)

    assert people(more) == ["b"]


def test_only_what_is_old_is_begun_as_old() -> None:
    unordered = lane()
    unordered.admit(Message(delivery(person="old"), made_at=NOON))
    unordered.admit(Message(delivery(person="new"), made_at=NOON + dt.timedelta(hours=2)))
    limit = NOON + dt.timedelta(hours=1)

    old = unordered.begin_older(limit)

    assert old is not None
    assert old.delivery.person == "old"
    assert unordered.begin_older(limit) is None


def test_a_delivery_that_comes_again_keeps_its_place_and_its_newer_message() -> None:
    one = lane()
    (first,) = admit(one, "a")
    again = Message(first)

    one.admit(again)

    (held,) = begun(one)
    assert held.message is again


def test_there_is_room_up_to_each_bound() -> None:
    limits = LaneLimits(ready_max=3, held_max=5, held_bytes_max=450)
    bounded = lane(limits=limits)
    rooms = []
    for name in "abcde":
        rooms.append(bounded.room)
        admit(bounded, name)
        held = bounded.begin()
        assert held is not None
        bounded.wait([held], until_seconds=60.0)

    assert (rooms, bounded.room) == ([3, 3, 3, 2, 1], 0)


@given(names=st.lists(st.sampled_from("abc"), max_size=30), data=st.data())
def test_every_delivery_ends_once_and_each_persons_in_order(
    names: list[str], data: st.DataObject
) -> None:
    ordered = lane(keeps_order=True)
    coming = [delivery(person=name, sequence=index) for index, name in enumerate(names)]
    under_way: list[Held] = []
    ended: list[Delivery] = []
    now = 0.0

    while coming or not ordered.is_empty:
        now += 1
        ordered.wake(now)
        under_way += begun(ordered)
        assert len(set(people(under_way))) == len(under_way)
        choices = [*(["come"] if coming else []), *(["end", "wait"] if under_way else [])]
        if not choices:
            continue
        match data.draw(st.sampled_from(choices)):
            case "come":
                ordered.admit(Message(coming.pop(0)))
            case "end":
                held = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
                ordered.end(held)
                ended.append(held.delivery)
            case _:
                held = under_way.pop()
                ordered.wait([held], until_seconds=now + data.draw(st.integers(0, 3)))

    assert len(ended) == len(names)
    for person in "abc":
        offsets = [each.offset for each in ended if each.person == person]
        assert offsets == sorted(offsets)
