"""What a decision came to, as people read it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.history import Entry
from web.pages.story import Teller


@pytest.mark.parametrize(("output", "said"), [
    ("2026-03-02T10:30:00+08:00", "为 2026-03-02 10:30"),
    ("2026-03-02T02:30:00Z", "为 2026-03-02 10:30"),
    ("2026-03-02T10:30:00", "为 2026-03-02 10:30"),
    ("2026-13-45T10:30", "为 2026-13-45T10:30"),
    ("2026-03-02T10:30 前回电", "为 2026-03-02T10:30 前回电"),
])
def test_a_moment_is_local_and_what_is_none_stays_as_it_is(output: str, said: str) -> None:
    entry = Entry(
        1, datetime(2026, 3, 2, tzinfo=UTC), "system", "系统", "decision.evaluated", True, "", 7,
        "limits", "时限", {"record": {"name": "时限", "output": output}},
    )
    teller = Teller({}, {}, None, ZoneInfo("Asia/Shanghai"))
    [line] = teller.tell(7, [entry])
    assert line.text == f"“时限”判定{said}"
