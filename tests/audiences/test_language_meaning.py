"""The SQL of a definition gives what plain loops over all events give, at any moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.audiences.language import compile_audience, compile_trait, text_of, tree
from crossdock.base import json
from tests.audiences.definitions import moments, of_account, of_user, reduced, worlds
from tests.audiences.history import History
from tests.audiences.naive import At, World, holds, place, trait_value

HOUR = dt.timedelta(hours=1)
# Windows and dates are shorter than this, so nothing changes later.
HOURS_MAX = 80

many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@pytest.fixture
def history() -> Iterator[History]:
    history = History()
    yield history
    history.close()


def stays(result: Callable[[dt.datetime], object], now: dt.datetime, until: object) -> bool:
    """Whether the result is the same at every moment from now until then."""
    moments = [now + n * HOUR for n in range(1, HOURS_MAX)]
    return all(
        same(result(one), result(now))
        for one in moments
        if not isinstance(until, dt.datetime) or one < until
    )


def same(left: object, right: object) -> bool:
    if isinstance(left, float | int) and isinstance(right, float | int):
        return bool(left == pytest.approx(right, abs=1e-8)) and isinstance(
            left, bool
        ) == isinstance(right, bool)
    return left == right


@many
@given(node=of_user, world=worlds(), now=moments, anonymous=st.sampled_from(["in", "out"]))
def test_an_audience_of_users_has_the_members_that_its_definition_means(
    history: History, node: tree.Condition, world: World, now: dt.datetime, anonymous: str
) -> None:
    history.hold(world)

    rows = history.ask(compile_audience(text_of(node), with_anonymous=anonymous == "in"), now)

    assert rows.keys() == {profile.id for profile in world.profiles}
    for profile in world.profiles:
        is_left_out = profile.is_anonymous and anonymous == "out"
        member, next_at = rows[profile.id]

        def result(moment: dt.datetime, who: object = profile, out: bool = is_left_out) -> bool:  # noqa: FBT001 - bound in the loop.
            return not out and holds(node, place(world, moment, who, is_account=False))  # type: ignore[arg-type] # A profile.

        assert member is result(now)
        assert next_at is None or next_at > now
        assert stays(result, now, next_at)


@many
@given(node=of_account, world=worlds(), now=moments)
def test_an_audience_of_accounts_has_the_members_that_its_definition_means(
    history: History, node: tree.Condition, world: World, now: dt.datetime
) -> None:
    history.hold(world)

    rows = history.ask(compile_audience(text_of(node), subject="accounts"), now)

    assert rows.keys() == {account.id for account in world.accounts}
    for account in world.accounts:
        member, next_at = rows[account.id]

        def result(moment: dt.datetime, who: object = account) -> bool:
            return holds(node, place(world, moment, who, is_account=True))  # type: ignore[arg-type] # An account.

        assert member is result(now)
        assert next_at is None or next_at > now
        assert stays(result, now, next_at)


@many
@given(node=reduced(), world=worlds(), now=moments, subject=st.sampled_from(["users", "accounts"]))
def test_a_computed_trait_has_the_value_that_its_definition_means(
    history: History, node: tree.Reduced, world: World, now: dt.datetime, subject: str
) -> None:
    history.hold(world)
    is_account = subject == "accounts"

    compiled = compile_trait(
        text_of(node), subject="accounts" if is_account else "users", with_anonymous=True
    )
    rows = history.ask(compiled, now)

    for who in world.accounts if is_account else world.profiles:
        found, next_at = rows[who.id]

        def result(moment: dt.datetime, at: Callable[[dt.datetime], At]) -> object:
            return trait_value(node, at(moment))

        def at(moment: dt.datetime, who: object = who) -> At:
            return place(world, moment, who, is_account=is_account)  # type: ignore[arg-type] # One of them.

        value = None if found is None else json.decode(str(found))
        assert same(value, result(now, at))
        assert next_at is None or next_at > now
        assert stays(lambda moment, at=at: result(moment, at), now, next_at)  # type: ignore[misc] # Bound in the loop.
