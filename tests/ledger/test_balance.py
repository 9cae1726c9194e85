"""Whatever was accepted is in exactly one state, and the rest waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.events import ConnectionId, Outcome, Step
from crossdock.ledger.balance import Balance, Changes, draw_up, settle, written_off
from crossdock.ledger.entries import of_outcomes
from crossdock.ledger.standing import Standing, State
from tests.ledger.builders import delivered, outcome

RIPE = ("shop", "ripe")
SHOP = ("shop", "")


def counts_of(outcomes: Sequence[Outcome]) -> dict[tuple[tuple[str, str], State], int]:
    changes = settle(of_outcomes(1, outcomes), standings={}, known_events=set())
    return {key: count for key, count in changes.counts.items() if count}


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        pytest.param([delivered("1-0-map")], State.DELIVERED, id="delivered at the first attempt"),
        pytest.param(
            [
                delivered("1-0-map", step=Step.WAITING),
                delivered("1-0-map", attempt=2),
            ],
            State.DELIVERED,
            id="delivered at the second attempt",
        ),
        pytest.param(
            [delivered("1-0-map", step=Step.REJECTED)], State.DEAD, id="rejected by the vendor"
        ),
        pytest.param(
            [delivered("1-0-map", step=Step.REJECTED), delivered("1-0-map", attempt=2)],
            State.DELIVERED,
            id="delivered after it was dead",
        ),
    ],
)
def test_a_delivery_is_where_its_last_outcome_says(outcomes: list[Outcome], state: State) -> None:
    counts = counts_of([outcome("1-0-map"), *outcomes])

    assert counts == {
        (SHOP, State.ROUTED): 1,
        (RIPE, State.ACCEPTED): 1,
        (RIPE, state): 1,
    }


def test_a_delivery_without_an_ending_waits() -> None:
    changes = settle(of_outcomes(1, [outcome("1-0-map")]), standings={}, known_events=set())

    assert changes.standings["1-0-map"].state is State.WAITING
    assert changes.counts[RIPE, State.WAITING] == 0


def test_a_delivery_that_overtook_the_word_of_itself_counts_once() -> None:
    counts = counts_of([delivered("1-0-map"), outcome("1-0-map")])

    assert counts[RIPE, State.ACCEPTED] == 1
    assert counts[RIPE, State.DELIVERED] == 1


def test_an_event_that_no_payload_could_be_made_of_is_discarded_and_not_dead() -> None:
    counts = counts_of([outcome("1-0-map", Step.REJECTED)])

    assert counts[RIPE, State.DISCARDED] == 1


def test_an_event_that_no_connection_is_there_for_is_filtered_at_its_source() -> None:
    nowhere = outcome("1-0-none", Step.FILTERED, connection_id=None, mapping_id=None)

    assert counts_of([nowhere]) == {(SHOP, State.FILTERED): 1}


def test_a_duplicate_goes_no_further() -> None:
    duplicate = outcome("1-0-duplicate", Step.DUPLICATE, connection_id=None, mapping_id=None)

    assert counts_of([duplicate]) == {(SHOP, State.DUPLICATE): 1}


def test_a_step_that_is_not_known_changes_nothing() -> None:
    known = next(iter(of_outcomes(1, [delivered("1-0-map")])))

    changes = settle(
        [msgspec.structs.replace(known, step="paused")],
        standings={"1-0-map": Standing(State.WAITING)},
        known_events=set(),
    )

    assert not +changes.counts
    assert not changes.standings


def balance_of(*, mapped: int, ended: int, unfinished: int, is_settled: bool = True) -> Balance:
    return draw_up(
        {(RIPE, State.ACCEPTED): mapped, (RIPE, State.DELIVERED): ended},
        unfinished_by_connection={ConnectionId("ripe"): unfinished},
        is_settled=is_settled,
    )


def test_what_lies_unfinished_in_the_journal_counts_as_waiting() -> None:
    balance = balance_of(mapped=5, ended=3, unfinished=2)

    assert balance.holds
    assert balance.accounts[0].counts[State.WAITING] == 2


def test_a_delivery_that_is_nowhere_is_missing() -> None:
    balance = balance_of(mapped=5, ended=3, unfinished=1)

    assert not balance.holds
    assert balance.accounts[0].difference == 1


def test_while_things_move_what_has_not_ended_counts_as_waiting() -> None:
    balance = balance_of(mapped=5, ended=3, unfinished=1, is_settled=False)

    assert balance.holds
    assert balance.accounts[0].counts[State.WAITING] == 2


STEPS = st.sampled_from(
    [Step.WAITING, Step.DELIVERED, Step.REJECTED, Step.FAILED, Step.NEEDS_ATTENTION]
)


@given(st.lists(st.tuples(st.integers(0, 3), STEPS), max_size=30), st.integers(0, 30))
def test_however_outcomes_come_in_portions_the_counts_are_the_same(
    attempts: list[tuple[int, Step]], cut: int
) -> None:
    outcomes = [outcome(f"1-{event}-map") for event in range(4)]
    outcomes += [
        delivered(f"1-{event}-map", attempt=number, step=step)
        for number, (event, step) in enumerate(attempts, 1)
    ]

    whole = settle(of_outcomes(1, outcomes), standings={}, known_events=set())
    earlier, later = outcomes[: 4 + cut], outcomes[4 + cut :]
    first = settle(of_outcomes(1, earlier), standings={}, known_events=set())
    second = settle(of_outcomes(1, later), standings=first.standings, known_events=set())

    assert net(first, second) == net(whole)
    ended = sum(
        count
        for (account, state), count in whole.counts.items()
        if account == RIPE and state is not State.ACCEPTED
    )
    waiting = [one for one in whole.standings.values() if one.state is State.WAITING]
    assert ended + len(waiting) == 4


def net(*all_changes: Changes) -> dict[object, int]:
    counted: Counter[object] = Counter()
    for changes in all_changes:
        counted.update(changes.counts)
    return {key: count for key, count in counted.items() if count}


def test_what_ended_and_lies_in_the_journal_still_is_repeated_and_not_missing() -> None:
    balance = balance_of(mapped=5, ended=5, unfinished=1)

    assert balance.holds
    assert balance.accounts[0].repeated == 1
    assert balance.accounts[0].counts[State.WAITING] == 0


def test_what_was_never_read_is_written_off_once_and_in_plain_sight() -> None:
    counts = {
        (RIPE, State.ACCEPTED): 5,
        (RIPE, State.DELIVERED): 3,
        (SHOP, State.ACCEPTED): 1,
        (SHOP, State.ROUTED): 4,
    }
    before = draw_up(counts, unfinished_by_connection={}, is_settled=True)

    after = draw_up(
        Counter(counts) + Counter(written_off(before)),
        unfinished_by_connection={},
        is_settled=True,
    )

    assert not before.holds
    assert after.holds
    by_connection = {account.connection_id: account.counts for account in after.accounts}
    assert by_connection["ripe"][State.UNRECORDED] == 2
    assert by_connection[""][State.ACCEPTED] == 4


def test_what_was_written_off_and_turns_up_after_all_is_no_longer_unrecorded() -> None:
    balance = draw_up(
        {
            (RIPE, State.ACCEPTED): 5,
            (RIPE, State.UNRECORDED): 2,
            (RIPE, State.DELIVERED): 4,
        },
        unfinished_by_connection={},
        is_settled=True,
    )

    assert balance.holds
    assert balance.accounts[0].counts[State.UNRECORDED] == 1
