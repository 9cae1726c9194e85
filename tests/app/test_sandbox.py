"""From the app to the vendors' stand-ins, and they are called so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import NARROW, WIDE, expect_accessible, expect_within_the_screen

Opener = Callable[..., Page]


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=lambda size: str(size[0]))
def test_the_app_leads_to_the_stand_ins_which_say_what_they_are(
    signed_in: Opener, size: tuple[int, int], *, is_dark: bool
) -> None:
    page = signed_in("/vendors", size=size, is_dark=is_dark)
    expect(page.get_by_text("They are not the vendors")).to_be_visible()
    expect_within_the_screen(page)
    expect_accessible(page)

    page.get_by_role("link", name="Open Ripe").click()

    expect(page.get_by_text("This is not Ripe.")).to_be_visible()
    expect_within_the_screen(page)
    expect_accessible(page)
