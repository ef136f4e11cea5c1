"""待阅: the count in the inbox, opening reads, reports are kept, other people's are closed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import notices
from engine.wiring import Engine
from tests.web.conftest import Browser
from tests.web.test_cost import counted

Open = Callable[[str], Browser]


@pytest.fixture
def tell(desk: Engine) -> Callable[..., int]:
    def send(title: str, **more: object) -> int:
        values: dict[str, object] = {"groups": ["intake"], **more}
        with desk.unit("worker") as unit:
            return notices.send(unit, title, "请各组长跟进。", **values).key  # type: ignore[arg-type]

    return send


def test_opening_a_notice_reads_it(
    desk: Engine, browser_of: Open, tell: Callable[..., int], open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    key = tell("在途 3 件，超时 1 件", case_id=case_id)
    tell("第二条")
    li = browser_of("li")
    assert "待阅 2" in li.get("/inbox").words
    page = li.get("/notices").words
    assert "在途 3 件，超时 1 件" in page
    assert "第二条" in page
    opened = li.get(f"/notices/{key}")
    assert "请各组长跟进。" in opened.words
    assert f'href="/cases/{case_id}"' in opened.text
    assert "在途 3 件" not in li.get("/notices").words
    assert "在途 3 件" in li.get("/notices?view=all").words
    assert "待阅 1" in li.get("/inbox/counts").words
    assert "待阅 2" in browser_of("wang").get("/inbox").words


def test_opening_the_case_reads_what_was_told_about_it(
    browser_of: Open, tell: Callable[..., int], open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    tell("这件超期", case_id=case_id)
    tell("另一件超期", case_id=open_case(topic="资费"))
    li = browser_of("li")
    assert li.get(f"/cases/{case_id}").status == 200
    left = li.get("/notices").words
    assert "另一件超期" in left
    assert "这件超期" not in left
    assert "待阅 2" in browser_of("wang").get("/inbox").words


def test_all_on_the_page_can_be_read_at_once(browser_of: Open, tell: Callable[..., int]) -> None:
    first, second = tell("一"), tell("二")
    tell("三")
    li = browser_of("li")
    assert li.post("/notices/read", {"key": [str(first), str(second), "x"]}).status == 303
    page = li.get("/notices").words
    assert "三" in page
    assert "已把 2 条标为已阅" in page
    assert "待阅 1" in page


def test_pages_of_a_long_list(browser_of: Open, tell: Callable[..., int]) -> None:
    for n in range(52):
        tell(f"通知 {n:02}")
    li = browser_of("li")
    page = li.get("/notices").text
    more = page.split('hx-get="/notices?before=')[1].split('"')[0]
    rest = li.get(f"/notices?before={more}", headers={"HX-Request": "true"}).words
    assert "通知 51" in page
    assert "通知 02" in page
    assert "通知 01" not in page
    assert "通知 01" in rest
    assert "通知 00" in rest


def test_a_title_is_searched(browser_of: Open, tell: Callable[..., int]) -> None:
    tell("督办日报")
    tell("热点通报")
    found = browser_of("li").get("/notices?q=热点").words
    assert "热点通报" in found
    assert "督办日报" not in found


def test_reports_are_kept_for_readers_and_leaders(
    browser_of: Open, tell: Callable[..., int]
) -> None:
    table = {"title": "各单位", "columns": ["单位", "在途"], "rows": [["网络部", 2]]}
    key = tell("第 10 周", series="客户感知周报", tables=[table])
    tell("普通通知")
    for login in ("li", "chief"):
        page = browser_of(login).get("/reports?series=客户感知周报").words
        assert "第 10 周" in page
        assert "普通通知" not in page
    assert "各单位 单位 在途 网络部 2" in browser_of("chief").get(f"/notices/{key}").words
    zhao = browser_of("zhao")
    assert "第 10 周" not in zhao.get("/reports").words
    assert zhao.get(f"/notices/{key}").status == 403
    assert zhao.get("/notices/999").status == 404


def test_what_it_costs(desk: Engine, browser_of: Open, tell: Callable[..., int]) -> None:
    for n in range(20):
        tell(f"通知 {n}")
    li = browser_of("li")
    li.get("/notices")
    with counted(desk) as count:
        li.get("/notices")
    assert len(count.statements) <= 3, count.statements


def test_numbers_in_a_table_are_masked_as_in_the_text(
    browser_of: Open, tell: Callable[..., int]
) -> None:
    rows = [["张女士 13912345678", 13912345678 % 7, None]]
    key = tell("明细", tables=[{"title": "", "columns": ["客户", "件", "备注"], "rows": rows}])
    page = browser_of("li").get(f"/notices/{key}")
    assert "张女士 139****5678" in page.words
    assert "13912345678" not in page.text
