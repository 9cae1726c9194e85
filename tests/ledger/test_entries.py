"""The ledger knows an event by the ids that everybody else knows it by."""

from __future__ import annotations

import pytest

from crossdock.events import Event
from crossdock.events.unfold import unfold
from crossdock.ledger.entries import received
from tests.ledger.builders import batch, event


@pytest.mark.parametrize("number", [7, -1, 1.0, 1.5, 1e21, 1e22, 1e-7, 1e300, 10**30, -(2**63)])
def test_an_id_that_is_a_number_is_the_same_text_in_the_ledger(number: float) -> None:
    sent = batch(event("m1", messageId=number, userId=number, anonymousId=number))

    (entry,) = received(1, [sent])
    (found,) = unfold(sent, sequence=1, first_index=0)

    assert isinstance(found, Event)
    assert (entry.message_id, entry.user_id) == (found.message_id, found.body["userId"])
    assert entry.anonymous_id == found.body["anonymousId"]
