from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine import Engine, customers
from engine.customers import merging
from engine.customers.records import records_of
from engine.errors import Invalid
from engine.model import Person


@pytest.mark.parametrize(
    ("ref", "normal"),
    [
        ("13812345678", "13812345678"), (" 138-1234 5678 ", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"), ("+86 138 1234 5678", "13812345678"),
        ("008613812345678", "13812345678"), ("8613812345678", "13812345678"),
        ("(0571) 8888-1234", "057188881234"), ("（0571）88881234", "057188881234"),
        ("8610086", "8610086"), ("A00074011", "A00074011"),
    ],
)
def test_one_number_has_one_spelling(ref: str, normal: str) -> None:
    assert customers.normalised(ref) == normal
    assert customers.normalised(normal) == normal


@pytest.mark.parametrize("ref", ["", " - ", "1" * 65, "138\x0012345678"])
def test_what_is_no_number_is_refused(ref: str) -> None:
    with pytest.raises(Invalid):
        customers.normalised(ref)


def test_a_customer_is_kept_once_and_learns(engine: Engine) -> None:
    with engine.unit("test") as unit:
        first = customers.upsert(unit, "138 1234 5678", " 张三 ", None)
        assert customers.upsert(unit, "13812345678", "", "vip") == first
        assert customers.upsert(unit, "13812345678", "张三丰", None) == first
        assert customers.upsert(unit, "13900000000", "", None) != first
    with engine.read() as conn:
        assert customers.get(conn, "+8613812345678") == customers.Customer(
            first, "13812345678", "张三丰", "vip"
        )
        assert customers.get(conn, "10086") is None


def test_two_cases_of_one_customer_can_be_opened_at_once(engine: Engine) -> None:
    with engine.unit("test") as unit:
        key = customers.upsert(unit, "13812345678", "张三", "vip")
    with engine.unit("one") as one:
        assert customers.upsert(one, "13812345678", "张三", None) == key
        with engine.unit("other") as other:
            assert customers.upsert(other, "13812345678", "", "vip") == key


def test_mergings_at_once_leave_no_record_behind_a_follower(engine: Engine) -> None:
    """A follows B, and X is merged into A while B is merged into C: all lead to C."""
    chief = Person("chief", "主管", roles=frozenset({"supervisor"}))
    with engine.unit("chief") as unit:
        a, b, c, x = (
            customers.upsert(unit, f"1370000000{n}", "", None) for n in range(4)
        )
        merging.merge(unit, a, b, "同一个人", chief)

    def later() -> None:
        with engine.unit("chief") as unit:
            merging.merge(unit, b, c, "同一个人", chief)

    with ThreadPoolExecutor(1) as pool:
        with engine.unit("chief") as unit:
            merging.merge(unit, x, a, "同一个人", chief)
            other = pool.submit(later)
            with engine.read() as conn:
                while not other.done() and not conn.exec_driver_sql(_WAITING).scalar():
                    pass
        other.result()
    with engine.read() as conn:
        assert customers.person_of(conn, x) == c
        assert sorted(records_of(conn, c)) == sorted([a, b, c, x])


_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
