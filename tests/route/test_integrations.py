"""The sender of an event decides whom it is for; the server repeats nothing that the page did."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kit import Mode
from crossdock.pipeline.route.integrations import is_already_in_browser, is_wanted_by_sender
from tests.route.builders import destination

PIGEONHOLE = destination()
IN_BROWSER = destination(slug="pigeonhole-web", mode=Mode.DEVICE)
NAME = IN_BROWSER.name

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("integrations", "expected"),
    [
        pytest.param({}, True, id="nothing said: everyone"),
        pytest.param(None, True, id="no object"),
        pytest.param("Pigeonhole", True, id="not an object"),
        pytest.param({"All": True}, True, id="everyone"),
        pytest.param({"All": False}, False, id="no one"),
        pytest.param({"All": None}, True, id="null says nothing"),
        pytest.param({"All": False, "Pigeonhole": True}, True, id="this one alone"),
        pytest.param({"All": False, "Pigeonhole": {"a": 1}}, True, id="options are a yes"),
        pytest.param({"All": False, "Pigeonhole": {}}, True, id="even empty options"),
        pytest.param({"All": False, "pigeonhole": True}, True, id="by slug"),
        pytest.param({"All": False, "Other": True}, False, id="another one alone"),
        pytest.param({"Pigeonhole": False}, False, id="all but this one"),
        pytest.param({"pigeonhole": False}, False, id="all but this one, by slug"),
        pytest.param({"Pigeonhole": None}, True, id="null is no entry"),
        pytest.param({"Pigeonhole": True, "pigeonhole": False}, True, id="the name comes first"),
        pytest.param({"PIGEONHOLE": False}, True, id="case matters"),
    ],
)
def test_the_integrations_object_says_whom_an_event_is_for(
    integrations: object, *, expected: bool
) -> None:
    assert is_wanted_by_sender({"integrations": integrations}, PIGEONHOLE) is expected


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param(None, False, id="not from a browser"),
        pytest.param({"bundled": ["Segment.io"]}, False, id="another plugin"),
        pytest.param({"bundled": ["Segment.io", NAME]}, True, id="the page has the plugin"),
        pytest.param(
            {"bundled": [NAME], "failedInitializations": [NAME]}, False, id="which failed to load"
        ),
        pytest.param(
            {"bundled": [NAME], "failedInitializations": [f"{NAME} track"]},
            False,
            id="of which an action failed to load",
        ),
        pytest.param(
            {"bundled": [NAME], "failedInitializations": ["Other"]},
            True,
            id="another failed to load",
        ),
        pytest.param({"unbundled": [NAME]}, False, id="left to the server"),
        pytest.param({"bundled": NAME}, False, id="not a list"),
    ],
)
def test_an_event_is_in_the_browser_if_its_plugin_was_there_and_loaded(
    metadata: object, *, expected: bool
) -> None:
    assert is_already_in_browser({"_metadata": metadata}, IN_BROWSER) is expected


def test_an_event_that_excludes_the_plugin_is_not_in_the_browser() -> None:
    body = {
        "_metadata": {"bundled": [NAME]},
        "integrations": {"All": False, "Pigeonhole": True},
    }

    assert not is_already_in_browser(body, IN_BROWSER)


@given(integrations=json_values, metadata=json_values)
def test_nothing_a_sender_writes_there_breaks_the_reading(integrations: Any, metadata: Any) -> None:
    body = {"integrations": integrations, "_metadata": metadata}

    assert is_wanted_by_sender(body, PIGEONHOLE) in {True, False}
    assert is_already_in_browser(body, IN_BROWSER) in {True, False}
