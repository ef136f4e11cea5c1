"""Lists: what a file may say, and that each fault is named with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import lists
from engine.errors import Invalid

GOOD = """-- title: 在途工单
-- about: 未结案的
-- parameter soon: moment 在此之前到期的
-- parameter least: number 至少几件

SELECT unit, count(*) AS open FROM v_cases
WHERE due_at < :soon AND closed_at IS NULL GROUP BY unit HAVING count(*) >= :least
"""


def test_a_file_is_read_as_written() -> None:
    listing = lists.parse(GOOD.encode(), "open-by-unit.list.sql")
    assert (listing.id, listing.title) == ("open-by-unit", "在途工单")
    assert dict(listing.parameters) == {"soon": "moment", "least": "number"}
    assert listing.types == {"now": "timestamptz", "soon": "timestamptz", "least": "numeric"}
    assert listing.statement.line == 6


def test_a_table_made_first_will_do() -> None:
    text = "-- title: 甲\nWITH a AS (SELECT unit FROM v_units) SELECT unit FROM a;\n"
    assert lists.findings(text.encode(), "a.list.sql") == []


@pytest.mark.parametrize(("old", "new", "line", "said"), [
    ("-- title: 在途工单\n", "", 1, "title"),
    ("-- title:", "-- titel:", 1, "titel"),
    ("moment 在", "instant 在", 3, "instant"),
    ("parameter least", "parameter now", 4, "now"),
    ("parameter least", "parameter soon", 4, "soon"),
    (":least", ":most", 7, ":most"),
    ("v_cases", "people", 6, "people"),
    ("SELECT unit", "DELETE unit", 6, "DELETE"),
    ("count(*) AS open", "pg_sleep(9) AS open", 6, "pg_sleep"),
    ("GROUP BY unit", "GROUP BY unit; SELECT 1", 7, ";"),
])
def test_what_is_wrong_is_named_by_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    found = lists.findings(GOOD.replace(old, new, 1).encode(), "x.list.sql")
    assert found
    assert all(one.severity == "error" and one.line for one in found)
    assert any(said in one.zh for one in found), found
    if "title: " not in old:
        assert found[-1].line == line or found[0].line == line


def test_no_statement_no_list() -> None:
    for text in ("", "-- title: 甲\n", "-- title: 甲\nVALUES (1)"):
        with pytest.raises(Invalid) as refused:
            lists.parse(text.encode(), "x.list.sql")
        assert refused.value.details["findings"]


def test_names_of_files_are_ids() -> None:
    assert "文件名" in lists.findings(GOOD.encode(), "Open.list.sql")[0].zh


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(
    lambda text: f"-- title: 甲\n{text}".encode("utf-8", "surrogatepass"))))
def test_anything_gives_findings_and_never_a_crash(content: bytes) -> None:
    found = lists.findings(content, "x.list.sql")
    try:
        lists.parse(content, "x.list.sql")
    except Invalid:
        assert found
    else:
        assert found == []
