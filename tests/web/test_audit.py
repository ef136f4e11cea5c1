"""Who saw or changed what: accounts, cases, hidden values; administrators read and export it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine import people
from engine.wiring import Engine
from tests.web.conftest import Browser
from tests.web.test_cost import counted

Open = Callable[[str], Browser]


def rows(engine: Engine, kind: str) -> int:
    with engine.read() as conn:
        found = text("SELECT count(*) FROM audit WHERE kind = :kind")
        return int(conn.execute(found, {"kind": kind}).scalar_one())


def test_who_looks_at_a_case_is_kept_once_an_hour(
    desk: Engine, browser_of: Open, open_case: Callable[..., int], task_of: Callable[[int], int]
) -> None:
    case_id = open_case()
    li = browser_of("li")
    li.get(f"/cases/{case_id}")
    li.get(f"/tasks/{task_of(case_id)}")
    browser_of("wang").get(f"/tasks/{task_of(case_id)}")
    assert rows(desk, "case.seen") == 2
    with counted(desk) as count:
        li.get(f"/cases/{case_id}")
    assert not any("audit" in one for one in count.statements)
    page = browser_of("root").get("/audit?kind=case.seen")
    with desk.read() as conn:
        number = conn.exec_driver_sql("SELECT number FROM cases").scalar_one()
    assert page.words.count(number) == 2
    assert "李四" in page.words
    assert "王五" in page.words
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=1), tick=True):
        li.get(f"/cases/{case_id}")
    assert rows(desk, "case.seen") == 3


def test_changes_of_accounts_say_who_and_what_but_no_password(
    desk: Engine, browser_of: Open
) -> None:
    with desk.unit("root") as unit:
        people.add(unit, "new", "新人", password="Kuai-Le-2026", groups=["intake"])
        people.set_rights(unit, "new", roles=["supervisor"])
        people.set_password(unit, "new", "Kuai-Le-2027")
        people.set_active(unit, "new", False)
    page = browser_of("root").get("/audit?subject=new")
    for words in ("新增账号", "改角色或组 角色：员工 → 主管", "改密码", "停用账号"):
        assert words in page.words
    assert "管理员高" in page.words
    assert "Kuai" not in page.text
    assert "argon2" not in page.text


def test_reasons_for_which_hidden_values_were_shown_and_the_file(
    browser_of: Open, open_case: Callable[..., int]
) -> None:
    case_id = open_case()
    browser_of("li").post(f"/cases/{case_id}/reveal",
                          {"field": "customer.ref", "reason": "=回电核实"})
    root = browser_of("root")
    assert "原因：=回电核实" in root.get("/audit?actor=li&kind=data.revealed").words
    assert "没有符合条件" in root.get("/audit?actor=wang").words
    answer = root.get("/audit/log.csv?actor=li")
    assert "text/csv" in answer.headers["Content-Type"]
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "时间,工号,姓名,做了什么,对象,内容"
    assert any("查看隐藏信息" in line for line in lines)


def test_only_administrators_read_it_and_nobody_changes_it(
    desk: Engine, browser_of: Open, open_case: Callable[..., int]
) -> None:
    browser_of("li").get(f"/cases/{open_case()}")
    assert browser_of("chief").get("/audit").status == 403
    assert browser_of("chief").get("/audit/log.csv").status == 403
    for statement in ("DELETE FROM audit", "UPDATE audit SET actor = 'x'", "TRUNCATE audit"):
        with pytest.raises(DBAPIError), desk.unit("x") as unit:
            unit.conn.execute(text(statement))
