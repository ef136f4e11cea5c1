"""What a page may cost: statements to the database, commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from engine import cases
from engine.wiring import Engine
from tests.web.conftest import Browser

Open = Callable[[str], Browser]


class Count:
    def __init__(self) -> None:
        self.statements: list[str] = []
        self.commits = 0


@contextmanager
def counted(engine: Engine) -> Iterator[Count]:
    count = Count()

    def statement(_c: object, _cursor: object, text: str, *_: object) -> None:
        count.statements.append(" ".join(text.split())[:160])

    def commit(_c: object) -> None:
        count.commits += 1

    event.listen(engine.pool, "before_cursor_execute", statement)
    event.listen(engine.pool, "commit", commit)
    try:
        yield count
    finally:
        event.remove(engine.pool, "before_cursor_execute", statement)
        event.remove(engine.pool, "commit", commit)


@pytest.fixture
def tasks(desk: Engine, browser_of: Open) -> Callable[[int], list[int]]:
    """Opens so many cases and has 李四 claim their first tasks; gives the tasks' keys."""

    def open_(number: int) -> list[int]:
        for n in range(number):
            with desk.unit("li") as unit:
                cases.open_(unit, "desk", {
                    "customer_ref": f"1380013800{n}", "customer_name": "张三", "topic": "网络"})
        with desk.read() as conn:
            keys = list(conn.exec_driver_sql("SELECT key FROM user_tasks").scalars())
        browser = browser_of("li")
        for key in keys:
            assert browser.post(f"/tasks/{key}/claim").status == 303
        return keys

    return open_


def test_completing_a_task(
    desk: Engine, browser_of: Open, tasks: Callable[[int], list[int]]
) -> None:
    first, second = tasks(2)
    browser = browser_of("li")
    for key in (first, second):
        browser.get(f"/tasks/{key}")
        with counted(desk) as count:
            answer = browser.post(f"/tasks/{key}/complete", {"verdict": "true", "note": "属实"})
            assert (answer.status, answer.location) == (303, "/inbox")
    assert len(count.statements) <= 9, count.statements
    assert count.commits == 1


def test_pages(desk: Engine, browser_of: Open, tasks: Callable[[int], list[int]]) -> None:
    key = tasks(3)[0]
    browser = browser_of("li")
    limits = {"/inbox": 5, "/inbox?view=groups": 5, "/inbox/counts": 2, f"/tasks/{key}": 5,
              "/cases": 5, "/account": 2}
    for address in limits:
        browser.get(address)
    found = {}
    for address in limits:
        with counted(desk) as count:
            assert browser.get(address).status == 200
        found[address] = len(count.statements)
        if found[address] > limits[address]:
            print(address, *count.statements, sep="\n  ")
    assert all(found[one] <= limits[one] for one in limits), found


def test_ten_times_the_rows_cost_the_same(
    desk: Engine, browser_of: Open, tasks: Callable[[int], list[int]]
) -> None:
    tasks(1)
    browser = browser_of("li")
    browser.get("/inbox")
    with counted(desk) as few:
        browser.get("/inbox")
    tasks(9)
    with counted(desk) as many:
        page = browser.get("/inbox")
    assert page.text.count("<tr data-href") == 10
    assert len(many.statements) == len(few.statements)
