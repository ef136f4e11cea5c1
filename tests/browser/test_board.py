"""The board and the inbox move by themselves in front of a person's eyes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

Open = Callable[..., int]


def test_a_new_case_appears_on_the_board_without_reloading(
    page: Page, enter: Callable[[str], None], open_case: Open, accessible: Callable[[], None]
) -> None:
    open_case()
    enter("chief")
    page.goto("/board")
    cards = page.locator(".board-card")
    expect(cards).to_have_count(1)
    page.evaluate("window.stays = true")
    open_case(topic="资费")
    expect(cards).to_have_count(2, timeout=30_000)
    expect(page.locator(".live-new")).to_have_count(1)
    assert page.evaluate("window.stays"), "the page was not loaded anew"
    accessible()
    page.get_by_role("link", name="按单位").click()
    expect(page.get_by_role("heading", name="受理组")).to_contain_text("2")
    accessible()


def test_the_inbox_says_what_has_come_and_moves_no_row(
    page: Page, enter: Callable[[str], None], open_case: Open, accessible: Callable[[], None]
) -> None:
    open_case()
    enter("li")
    page.goto("/inbox?view=groups")
    row = page.locator("tr[data-href]")
    expect(row).to_have_count(1)
    place = row.bounding_box()
    open_case(topic="资费")
    bar = page.get_by_role("link", name="1 条新待办")
    expect(bar).to_be_visible(timeout=30_000)
    assert row.bounding_box() == place
    accessible()
    bar.click()
    expect(row).to_have_count(2)
    expect(page.get_by_text("新", exact=True)).to_have_count(1)
