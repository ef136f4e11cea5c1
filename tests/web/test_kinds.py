"""The new-case page says what each kind is for; a kind's cases stand in a table of all columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine import cases, deployment
from engine.model import File
from engine.wiring import Engine
from tests.web.conftest import FILES, Browser

Open = Callable[[str], Browser]


def deploy(desk: Engine, **changes: Any) -> None:
    kind = json.loads((FILES / "desk.case.json").read_bytes()) | changes
    name = f"{kind['id']}.case.json"
    with desk.unit("system") as unit:
        deployment.deploy(unit, [File(name, json.dumps(kind, ensure_ascii=False).encode())])


def test_kinds_are_offered_by_purpose_and_in_order(desk: Engine, browser_of: Open) -> None:
    deploy(desk, id="late", name="排在后面", number="L{seq:04}", order=200)
    deploy(desk, id="early", name="排在前面", about="先办的事", number="E{seq:04}", order=1)
    deploy(desk, id="own", name="自己的事", number="O{seq:04}", customer={})
    page = browser_of("li").get("/new").words
    assert "客户来单 排在前面 先办的事" in page
    assert page.index("排在前面") < page.index("排在后面") < page.index("内部事项")
    assert page.index("内部事项") < page.index("自己的事")


def test_a_kind_as_a_table_shows_every_listed_field(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    fields = [{"key": f"note{n}", "label": f"说明{n}", "list": True} for n in range(6)]
    deploy(desk, id="noted", name="带说明", number="N{seq:04}", fields=fields, customer={},
           duplicates=[], repeats=None)
    with desk.unit("li") as unit:
        cases.open_(unit, "noted", {f"note{n}": f"第 {n} 条" for n in range(6)})
    li = browser_of("li")
    listed = li.get("/cases?kind=noted").words
    assert "说明3" in listed
    assert "说明4" not in listed
    table = li.get("/cases?kind=noted&as=table").words
    assert all(f"说明{n}" in table and f"第 {n} 条" in table for n in range(6))


def test_columns_of_all_kinds_are_those_that_most_have(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    open_case()
    own = [{"key": "topic", "label": "主题", "list": True},
           {"key": "odd", "label": "少见", "list": True}]
    for n in range(2):
        deploy(desk, id=f"more{n}", name=f"另一种{n}", number=f"M{n}{{seq:04}}", fields=own,
               customer={}, duplicates=[], repeats=None)
    page = browser_of("li").get("/cases").text
    heads = page.split("<thead>")[1].split("</thead>")[0]
    assert "事由" in heads
    assert "少见" in heads
    assert "主题" not in heads
