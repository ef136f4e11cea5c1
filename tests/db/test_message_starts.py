"""Message start events: one running instance for each process and correlation key."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from engine import Engine, housekeeping, messages
from engine.model import Json
from engine.tables import instances
from engine.tables import messages as messages_table
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import (
    definitions,
    el,
    end,
    flows,
    message,
    message_definition,
    process,
    start,
    user,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def contact(id_: str = "p", name: str = "sms.in") -> bytes:
    """A process that a customer's message starts; then it waits for another one."""
    return definitions(
        message_definition("m", name), message_definition("more", "sms.more", "=phone"),
        process(
            start("start", message("m")), user("a", mine()), end(), flows("start a end"), id_=id_
        ),
    )  # fmt: skip


def chatty(id_: str = "p") -> bytes:
    """Started by a message of a customer, the process then waits for the next one of his."""
    return definitions(
        message_definition("m", "sms.in", "=phone"),
        process(
            start("start", message("m")), user("a", mine()),
            el("intermediateCatchEvent", "next", message("m")), user("b", mine()), end(),
            flows("start a next b end"), id_=id_,
        ),
    )  # fmt: skip


def publish(play: Play, key: str, values: Json = None, ttl_s: float = 3600) -> int:
    with play.engine.unit("rest") as unit:
        return messages.publish(unit, "sms.in", key, values or {}, ttl_s)


def running(play: Play, start_key: str) -> list[int]:
    return [row.key for row in play.rows(instances, start_key=start_key, status="active")]


def test_one_at_a_time_and_the_next_when_it_has_ended(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": contact()})
    assert [publish(play, "139", {"n": n}) for n in (1, 2, 3)] == [1, 0, 0]
    assert publish(play, "138", {"n": 9}) == 1
    housekeeping.tick(engine)
    for number in (1, 2, 3):
        (instance,) = running(play, "p:139")
        assert play.variables(instance)["n"] == number
        play.do(instance, "a")
        housekeeping.tick(engine)
        housekeeping.tick(engine)
    assert running(play, "p:139") == []
    assert len(running(play, "p:138")) == 1
    assert [row.reached for row in play.rows(messages_table)] == [["p"]] * 4


def test_a_message_without_key_starts_one_each_time(play: Play) -> None:
    play.deploy({"p.bpmn": contact()})
    assert [publish(play, "") for _ in range(3)] == [1, 1, 1]
    assert len(play.rows(instances, status="active")) == 3


def test_without_a_life_a_second_message_is_gone(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": contact()})
    assert [publish(play, "139", ttl_s=0) for _ in range(2)] == [1, 0]
    (instance,) = running(play, "p:139")
    play.do(instance, "a")
    housekeeping.tick(engine)
    assert running(play, "p:139") == []


def test_what_waits_expires(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": contact()})
        publish(play, "139")
        publish(play, "139", ttl_s=1800)
        (instance,) = running(play, "p:139")
        now.shift(timedelta(hours=1))
        play.do(instance, "a")
        housekeeping.tick(engine)
    assert running(play, "p:139") == []


def test_a_long_wait_is_not_forgotten(engine: Engine, play: Play) -> None:
    with time_machine.travel(NOON, tick=False) as now:
        play.deploy({"p.bpmn": contact()})
        publish(play, "139", ttl_s=86400)
        publish(play, "139", {"n": 2}, ttl_s=86400)
        (instance,) = running(play, "p:139")
        now.shift(timedelta(hours=20))
        play.do(instance, "a")
        housekeeping.tick(engine)
    (instance,) = running(play, "p:139")
    assert play.variables(instance)["n"] == 2


def test_each_process_has_its_own_turn(engine: Engine, play: Play) -> None:
    """The second message starts q, which is free, at once, and p when that has ended."""
    play.deploy({"p.bpmn": contact(), "q.bpmn": contact("q")})
    assert publish(play, "139") == 2
    (first,) = running(play, "q:139")
    play.do(first, "a")
    assert publish(play, "139", {"n": 2}) == 1
    housekeeping.tick(engine)
    (other,) = running(play, "p:139")
    play.do(other, "a")
    housekeeping.tick(engine)
    (second,) = running(play, "p:139")
    assert play.variables(second)["n"] == 2
    play.do(second, "a")
    housekeeping.tick(engine)
    assert running(play, "p:139") == []
    assert len(running(play, "q:139")) == 1


def test_the_running_instance_may_take_it(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": chatty()})
    publish(play, "139", {"phone": "139"})
    (instance,) = running(play, "p:139")
    assert publish(play, "139", {"n": 2}) == 0
    play.do(instance, "a")
    assert list(play.open(instance)) == ["b"]
    play.do(instance, "b")
    housekeeping.tick(engine)
    assert running(play, "p:139") == []
    publish(play, "139", {"phone": "139"})
    (instance,) = running(play, "p:139")
    play.do(instance, "a")
    assert publish(play, "139") == 1
    play.do(instance, "b")
    housekeeping.tick(engine)
    assert running(play, "p:139") == []


def test_what_a_running_instance_takes_starts_no_second_one_later(
    engine: Engine, play: Play
) -> None:
    """Held back for two processes; each running instance takes it itself."""
    play.deploy({"p.bpmn": chatty(), "q.bpmn": chatty("q")})
    publish(play, "139", {"phone": "139"})
    first, second = (running(play, f"{id_}:139")[0] for id_ in ("p", "q"))
    assert publish(play, "139", {"n": 2}) == 0
    for instance in (first, second):
        play.do(instance, "a")
        assert list(play.open(instance)) == ["b"]
        play.do(instance, "b")
    for _ in range(3):
        housekeeping.tick(engine)
    assert running(play, "p:139") == running(play, "q:139") == []


def test_a_start_event_that_is_gone_starts_nothing(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": contact()})
    publish(play, "139")
    publish(play, "139")
    (instance,) = running(play, "p:139")
    play.deploy({"p.bpmn": contact(name="other")})
    play.do(instance, "a")
    for _ in range(2):
        housekeeping.tick(engine)
    assert running(play, "p:139") == []
    assert [row.start_key for row in play.rows(messages_table)] == [None, None]


def test_publishers_at_once_start_one(play: Play) -> None:
    play.deploy({"p.bpmn": contact()})
    threads = [threading.Thread(target=publish, args=(play, "139")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(running(play, "p:139")) == 1
    assert len(play.rows(messages_table, taken=False, start_key="p:139")) == 7


def test_the_database_itself_refuses_a_second_one(play: Play) -> None:
    play.deploy({"p.bpmn": contact()})
    publish(play, "139")
    with play.engine.unit("test") as unit:
        row = unit.conn.execute(select(instances)).one()
        twin = row._asdict() | {"key": unit.key()}
        with pytest.raises(IntegrityError):
            unit.conn.execute(insert(instances).values(twin))
        unit.conn.rollback()
