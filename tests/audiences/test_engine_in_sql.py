"""Who is in an audience is what somebody would find who asks the history in plain SQL."""

# ruff: noqa: S608 - the test's own words.

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from tests.audiences.engaging import Scene, computation, scene

KNOWN = "profile_id IN (SELECT profile_id FROM profiles WHERE NOT is_anonymous)"
TOTAL = "try_cast(properties->>'total' AS DOUBLE)"

QUESTIONS = {
    "event('Bought').within(30 days).count() >= 2": f"SELECT profile_id FROM events WHERE {KNOWN} "
    "AND event = 'Bought' AND timestamp > $now - INTERVAL 30 DAY GROUP BY 1 HAVING count(*) >= 2",
    "event('Bought').between(7 days, 10 days).count() >= 1": "SELECT DISTINCT profile_id FROM "
    f"events WHERE {KNOWN} AND event = 'Bought' AND timestamp <= $now - INTERVAL 7 DAY "
    "AND timestamp > $now - INTERVAL 10 DAY",
    "event('Bought').where(property('total') >= 100).count() >= 1": "SELECT DISTINCT profile_id "
    f"FROM events WHERE {KNOWN} AND event = 'Bought' AND {TOTAL} >= 100 "
    "AND json_type(properties, '$.total') <> 'BOOLEAN'",
    "event('Bought').within(14 days).sum(property('total')) > 150": "SELECT profile_id FROM events "
    f"WHERE {KNOWN} AND event = 'Bought' AND timestamp > $now - INTERVAL 14 DAY "
    f"AND json_type(properties, '$.total') <> 'BOOLEAN' GROUP BY 1 HAVING sum({TOTAL}) > 150",
    "event('Seen').where(event('Bought').where(property('sku') = property(parent: 'sku'))"
    ".within(parent: 5 days).count() >= 1).count() >= 1": "SELECT DISTINCT seen.profile_id FROM "
    f"(SELECT * FROM events WHERE {KNOWN}) AS seen JOIN events AS bought "
    "ON bought.profile_id = seen.profile_id AND bought.timestamp > seen.timestamp "
    "AND bought.timestamp <= seen.timestamp + INTERVAL 5 DAY "
    "AND bought.properties->>'sku' = seen.properties->>'sku' "
    "WHERE seen.event = 'Seen' AND bought.event = 'Bought'",
    "event('Seen').within(20 days).count() >= 1 AND NOT event('Bought').within(3 days).count() >= 1"
    "": f"SELECT DISTINCT profile_id FROM events WHERE {KNOWN} AND event = 'Seen' "
    "AND timestamp > $now - INTERVAL 20 DAY AND profile_id NOT IN (SELECT profile_id FROM events "
    "WHERE event = 'Bought' AND timestamp > $now - INTERVAL 3 DAY)",
    "event('Page Viewed').where(property('page_name') = 'Pricing').within(10 days).count() >= 1": (
        f"SELECT DISTINCT profile_id FROM events WHERE {KNOWN} AND type = 'page' "
        "AND properties->>'page_name' = 'Pricing' AND timestamp > $now - INTERVAL 10 DAY"
    ),
    "trait('plan') = 'pro' OR event('Bought').count() = 0": "SELECT profile_id FROM profiles "
    "WHERE NOT is_anonymous AND (traits->>'plan' = 'pro' OR profile_id NOT IN "
    "(SELECT profile_id FROM events WHERE event = 'Bought'))",
    "event('Bought').unique(property('sku')).count() >= 3": "SELECT profile_id FROM events "
    f"WHERE {KNOWN} AND event = 'Bought' GROUP BY 1 HAVING count(DISTINCT properties->>'sku') >= 3",
}
OF_ACCOUNTS = {
    "ANY(event('Bought').within(5 days).count() >= 1)": "SELECT DISTINCT account_id FROM members "
    f"JOIN events USING (profile_id) WHERE {KNOWN} AND event = 'Bought' "
    "AND timestamp > $now - INTERVAL 5 DAY",
    "ALL(event('Bought').count() >= 1)": "SELECT account_id FROM members JOIN profiles "
    "USING (profile_id) WHERE NOT is_anonymous GROUP BY 1 HAVING bool_and(profile_id IN "
    "(SELECT profile_id FROM events WHERE event = 'Bought'))",
}


def happenings(chance: random.Random, now: dt.datetime) -> list[dict[str, object]]:
    """Return what some people did, some of it long ago, some of it a little ahead of time."""
    found = []
    for _ in range(chance.randrange(1, 15)):
        kind = chance.choice(["track", "track", "track", "page", "identify", "group"])
        at = now - dt.timedelta(days=chance.choice([0, 0, chance.random() * 40, -chance.random()]))
        offset = dt.timezone(dt.timedelta(hours=chance.choice([0, 5.5, -8])))
        user, browser = f"u{chance.randrange(12)}", f"a{chance.randrange(20)}"
        who = chance.choice([{"userId": user}, {"anonymousId": browser}])
        both = {"userId": user, "anonymousId": browser}
        bodies: dict[str, dict[str, object]] = {
            "track": {
                "event": chance.choice(["Bought", "Seen"]),
                "properties": {
                    "total": chance.choice([5, 50, 120.25, "75", None, True, "abc", [1]]),
                    "sku": chance.choice(["a", "b", "c", "Ä"]),
                },
            },
            "page": {"name": chance.choice(["Pricing", "Home"]), "properties": {}},
            "identify": {**both, "traits": {"plan": chance.choice(["pro", "free", None])}},
            "group": {"groupId": chance.choice(["g1", "g2", "g3"])},
        }
        found.append(
            {"type": kind, **who, "timestamp": at.astimezone(offset).isoformat(), **bodies[kind]}
        )
    return found


def asked(one: Scene, sql: str) -> set[int]:
    cursor = one.store().cursor()
    now = {"now": one.clock.moment.replace(tzinfo=None)} if "$now" in sql else {}
    return {row[0] for row in cursor.execute(sql, now).fetchall()}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, 2])
async def test_the_engine_says_what_plain_sql_says(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same each time.
    questions = {**QUESTIONS, **OF_ACCOUNTS}
    keys = {text: f"a{number}" for number, text in enumerate(questions)}
    async with scene(tmp_path) as one:
        one.define(
            *(
                computation(key, text, subject="accounts" if text in OF_ACCOUNTS else "users")
                for text, key in keys.items()
            )
        )
        for _ in range(8):
            one.take_in(*happenings(chance, one.clock.moment))
            await one.catch_up()
            one.clock.moment += dt.timedelta(days=chance.choice([0.2, 1, 3, -0.5]))
            await one.catch_up()

            found = {text: set(one.values(key)) for text, key in keys.items()}
            assert found == {text: asked(one, sql) for text, sql in questions.items()}
