"""Nobody is told what is known of somebody else, whatever they send."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.destinations.ramen.device import RAMEN
from crossdock.destinations.ramen.proof import why_not_proven
from crossdock.secure_mode import engage_proof, engage_signature, ramen_secure_mode

NOW = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
SECONDS = int(NOW.timestamp())
OURS = "s" * 32
RAMENS = "organization"
BOTH = {"engage_secret": OURS, "organization_secret": RAMENS}


def signed(user_id: str = "42", **changed: Any) -> dict[str, Any]:
    return {"userId": user_id, **engage_proof("42", OURS, NOW), **changed}


def hashed(*, at: int = SECONDS, **user: str) -> dict[str, Any]:
    """What a page sends whose server signed for Ramen."""
    parts = {"id": "42", "email": "rosa@example.com", "name": "Rosa", **user}
    options = ramen_secure_mode(parts, RAMENS, at)
    return {"userId": parts["id"], "email": parts["email"], "name": parts["name"], **options}


def test_the_signature_is_the_one_that_the_guide_shows() -> None:
    shown = engage_signature("42", "a-secret-of-32-characters-or-more", 1893499200)

    assert shown == "eb939895a0f4cb99ff519b78ba1e587418a9575d6154cfbf96711ceb62894a40"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(signed(), id="a signature of our own"),
        pytest.param(signed(expires=str(signed()["expires"])), id="its expiry as text"),
        pytest.param(signed(signature=signed()["signature"].upper()), id="in upper case"),
        pytest.param(hashed(), id="that of secure mode"),
        pytest.param(hashed(email="", name=""), id="of a user without e-mail and name"),
        pytest.param(hashed(at=SECONDS - 900), id="15 minutes old"),
        pytest.param(hashed(at=SECONDS + 60), id="of a clock that is a minute fast"),
    ],
)
def test_what_the_pages_server_signed_is_a_proof(sent: dict[str, Any]) -> None:
    assert why_not_proven(BOTH, sent, NOW) is None


FAR = SECONDS + 2 * 24 * 60 * 60


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param({"userId": "42"}, "engage_unsigned", id="nothing is signed"),
        pytest.param(signed("43"), "engage_wrong_signature", id="somebody else's id"),
        pytest.param(
            signed(expires=signed()["expires"] + 1), "engage_wrong_signature", id="another expiry"
        ),
        pytest.param(signed(expires=True), "engage_wrong_signature", id="an expiry that is none"),
        pytest.param(signed(signature=None), "engage_wrong_signature", id="an empty signature"),
        pytest.param(signed(signature="ä" * 64), "engage_wrong_signature", id="no hex"),
        pytest.param(
            signed(expires=SECONDS, signature=engage_signature("42", OURS, SECONDS)),
            "engage_expired",
            id="it ends now",
        ),
        pytest.param(
            signed(expires=FAR, signature=engage_signature("42", OURS, FAR)),
            "engage_too_long",
            id="good for two days",
        ),
        pytest.param(
            {**hashed(), "userId": "43"}, "engage_wrong_signature", id="secure mode, another id"
        ),
        pytest.param(
            {**hashed(), "timestamp": None}, "engage_wrong_signature", id="without a timestamp"
        ),
        pytest.param({**hashed(), "email": 7}, "engage_wrong_signature", id="an e-mail of 7"),
        pytest.param(hashed(at=SECONDS - 901), "engage_expired", id="secure mode, too old"),
        pytest.param(hashed(at=SECONDS + 61), "engage_expired", id="secure mode, of a time ahead"),
        pytest.param(hashed(name="Rosa: a poet"), "engage_ambiguous", id="a colon in the name"),
    ],
)
def test_anything_else_is_none_and_says_why(sent: dict[str, Any], code: str) -> None:
    assert why_not_proven(BOTH, sent, NOW) == code
    assert code in {explanation.code for explanation in RAMEN.explanations}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (signed(), "engage_no_signing_secret"),
        (hashed(), "engage_no_organization_secret"),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"engage_secret": "", "organization_secret": ""}])
def test_without_a_secret_nothing_is_a_proof(
    settings: dict[str, str], sent: dict[str, Any], code: str
) -> None:
    assert why_not_proven(settings, sent, NOW) == code


def test_a_name_that_continues_the_hash_does_not_make_somebody_else_of_a_user() -> None:
    mallory = {"id": "7", "email": "m@example.com", "name": "42:Rosa"}
    options = ramen_secure_mode(mallory, RAMENS, NOW)
    as_rosa = {"userId": "42", "email": "m@example.com:7", "name": "Rosa", **options}

    # Ramen's hash is the same for both.
    rosa = {"id": "42", "email": "m@example.com:7", "name": "Rosa"}
    assert ramen_secure_mode(rosa, RAMENS, NOW) == options
    assert why_not_proven(BOTH, as_rosa, NOW) == "engage_ambiguous"


PARTS = st.text(alphabet="a:4", max_size=4)


@given(email=PARTS, name=PARTS, user_id=PARTS.filter(bool), data=st.data())
def test_no_hash_that_ramen_takes_proves_another_id(
    email: str, name: str, user_id: str, data: st.DataObject
) -> None:
    options = ramen_secure_mode({"id": user_id, "email": email, "name": name}, RAMENS, NOW)
    parts = f"{email}:{user_id}:{name or email}".split(":")
    first = data.draw(st.integers(1, len(parts) - 2))
    second = data.draw(st.integers(first + 1, len(parts) - 1))
    read = [":".join(parts[:first]), ":".join(parts[first:second]), ":".join(parts[second:])]

    sent = {"email": read[0], "userId": read[1], "name": read[2], **options}

    assert why_not_proven(BOTH, sent, NOW) is not None or read[1] == user_id
