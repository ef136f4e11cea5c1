"""Pools that talk, event sub-processes and compensation, with each step in the database."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from engine import Engine, housekeeping, messages
from engine.tables import instances, subscriptions, timers, user_tasks
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import (
    compensate,
    definitions,
    el,
    end,
    event,
    event_sub,
    ext,
    flows,
    io,
    message,
    message_definition,
    process,
    start,
    throw,
    timer,
    undoing,
    user,
    z,
)


def keyed(expression: str) -> str:
    return z("properties", z("property", name="message.correlationKey", value=expression))


def test_two_pools_talk_to_each_other(engine: Engine, play: Play) -> None:
    content = definitions(
        message_definition("ask", "order.placed", "=order"),
        message_definition("answer", "order.confirmed", "=order"),
        process(
            start(), throw("send", ext(io({"order": "=order"}), keyed("=order")), message("ask")),
            el("receiveTask", "wait", messageRef="answer"), user("thank", mine()), end(),
            flows("start send wait thank end"), id_="customer",
        ),
        process(
            start("placed", message("ask")), user("check", mine()),
            throw("reply", ext(io({"price": "=price"}), keyed("=order")), message("answer")),
            end("done"), flows("placed check reply done"), id_="shop",
        ),
        el("collaboration", "c", el("participant", "p1", processRef="customer"),
           el("participant", "p2", processRef="shop"),
           el("messageFlow", "f1", sourceRef="send", targetRef="p2")),
    )  # fmt: skip
    play.deploy({"pools.bpmn": content})
    customer = play.start("customer", {"order": "A7"}).case_id
    housekeeping.tick(engine)
    (shop,) = {row.key for row in play.rows(instances)} - {customer}
    assert list(play.open(shop)) == ["check"]
    play.do(shop, "check", {"price": 9})
    housekeeping.tick(engine)
    assert list(play.open(customer)) == ["thank"]
    assert play.variables(customer) == {"order": "A7", "price": 9}


REMINDED = definitions(
    message_definition("m", "withdrawn", "=number"),
    process(
        start(), user("a", mine()), end(), flows("start a end"),
        event_sub("remind", timer("cycle", "R/PT1H"), user("nudge", mine()), end("e2"),
                  flows("remind-start nudge e2"), interrupting=False),
        event_sub("stop", message("m"), user("archive", mine()), end("e3"),
                  flows("stop-start archive e3")),
    ),
)  # fmt: skip


def test_event_sub_processes_fire_by_timer_and_by_message(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": REMINDED})
    case_id = play.start(variables={"number": "TS1"}).case_id
    for hours in (1, 2):
        due = play.row(timers).due_at
        with time_machine.travel(due + timedelta(seconds=1), tick=False):
            housekeeping.tick(engine)
        assert len(play.rows(user_tasks, element_id="nudge", state="created")) == hours
    with engine.unit("rest") as unit:
        assert messages.publish(unit, "withdrawn", "TS1", {"why": "solved"}) == 1
    assert list(play.open(case_id)) == ["archive"]
    assert play.rows(timers) == []
    assert play.rows(subscriptions) == []
    assert len(play.rows(user_tasks, state="cancelled")) == 3
    play.do(case_id, "archive")
    assert play.row(instances).status == "completed"


def test_a_handler_may_be_a_called_process(engine: Engine, play: Play) -> None:
    undo = definitions(
        process(start(), user("refund", mine()), end(), flows("start refund end"), id_="undo")
    )
    content = definitions(
        el("error", "e", errorCode="NO"),
        process(
            start(), user("a", mine()),
            undoing("a", "h", el("callActivity", "h", ext(z("calledElement", processId="undo")))),
            user("b", mine()), end("x", compensate()), flows("start a b x"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": content, "undo.bpmn": undo})
    case_id = play.start().case_id
    play.do(case_id, "a", {"amount": 5})
    play.do(case_id, "b")
    assert list(play.open(case_id)) == ["refund"]
    play.do(case_id, "refund")
    assert {row.status for row in play.rows(instances)} == {"completed"}


def test_an_error_of_a_called_process_starts_the_callers_event_sub_process(play: Play) -> None:
    error = el("error", "e", errorCode="NO")
    child = definitions(
        error,
        process(start(), user("try", mine()), end("x", event("error", "e")),
                flows("start try x"), id_="child"),
    )  # fmt: skip
    caller = definitions(
        error,
        process(
            start(), el("callActivity", "call", ext(z("calledElement", processId="child"))), end(),
            flows("start call end"),
            event_sub("x", event("error", "e"), user("repair", mine()), end("e2"),
                      flows("x-start repair e2")),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": caller, "child.bpmn": child})
    case_id = play.start().case_id
    play.do(case_id, "try")
    assert list(play.open(case_id)) == ["repair"]
    assert {row.status for row in play.rows(instances)} == {"active", "error"}
