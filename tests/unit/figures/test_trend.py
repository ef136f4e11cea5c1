"""The line of the months."""

from __future__ import annotations

from decimal import Decimal

from web.pages.trend import HEIGHT, WIDTH, trend


def test_a_month_without_value_breaks_the_line() -> None:
    drawn = trend([Decimal(1), Decimal(3), None, Decimal(2), Decimal(2)], Decimal(2))

    assert len(drawn.lines) == 2
    assert len(drawn.dots) == 4
    assert drawn.dots[0] == ("5.0", f"{HEIGHT - 5:.1f}"), "the lowest stands at the bottom"
    assert drawn.dots[1][1] == "5.0", "the highest at the top"
    assert drawn.target == f"{HEIGHT / 2:.1f}" == drawn.dots[2][1]
    assert drawn.dots[-1][0] == f"{WIDTH - 5:.1f}"


def test_nothing_to_draw() -> None:
    drawn = trend([None, None], None)

    assert (drawn.lines, drawn.dots, drawn.target) == ((), (), None)
    assert trend([Decimal(7)], None).dots == (("5.0", f"{HEIGHT - 5:.1f}"),)
