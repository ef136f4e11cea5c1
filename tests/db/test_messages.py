"""Messages: correlated once a process, kept while they live, never lost to a race."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from engine import Engine, housekeeping, messages, tasks
from engine.errors import Conflict, Forbidden, Invalid
from engine.model import Json, Person
from engine.tables import history, instances, subscriptions, user_tasks
from engine.tables import messages as messages_table
from tests.db.play import BOSS, LI, WANG, Play, mine
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flows,
    io,
    message,
    message_definition,
    process,
    start,
    user,
    z,
)

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
REPLY = message_definition("m", "customer.replied", "=phone")


def waiting(id_: str = "p") -> bytes:
    """prepare → wait for the customer's reply → after."""
    return definitions(
        REPLY,
        process(
            start(), user("prepare", mine()),
            el("intermediateCatchEvent", "wait", message("m")), user("after", mine()), end(),
            flows("start prepare wait after end"), id_=id_,
        ),
    )  # fmt: skip


def urgeable(*properties: str) -> bytes:
    """A task that can be urged any number of times."""
    return definitions(
        message_definition("u", "case.urge", "=phone"),
        process(
            start(), user("work", mine()),
            boundary(
                "urged", "work", message("u"),
                z("properties", z("property", name="action.label", value="催办"), *properties),
                interrupting=False,
            ),
            user("chief", mine()), end(), el("endEvent", "end2"),
            flows("start work end", "urged chief end2"),
        ),
    )  # fmt: skip


def publish(
    play: Play, name: str, key: str, variables: Json = None, ttl_s: float = 0,
    message_id: str | None = None,
) -> int:  # fmt: skip
    with play.engine.unit("rest") as unit:
        return messages.publish(unit, name, key, variables or {}, ttl_s, message_id)


def test_a_message_reaches_one_instance_of_a_process(play: Play) -> None:
    """Camunda 8, Messages, Message cardinality: once to a process, across all its versions."""
    play.deploy({"p.bpmn": waiting()})
    one, other = (play.start(variables={"phone": p}).case_id for p in ("1", "2"))
    newer = waiting().replace(b'"prepare"', b'"ready"').replace(b"-prepare", b"-ready")
    play.deploy({"p.bpmn": newer})
    two = play.start(variables={"phone": "1"}).case_id
    for case_id, step in ((one, "prepare"), (other, "prepare"), (two, "ready")):
        play.do(case_id, step)
    assert publish(play, "customer.replied", "1", {"text": "已解决"}) == 1
    assert list(play.open(one)) == ["after"]
    assert play.open(two) == play.open(other) == {}
    assert play.variables(one)["text"] == "已解决"
    assert publish(play, "customer.replied", "1") == 1
    assert list(play.open(two)) == ["after"]
    assert publish(play, "customer.replied", "1") == 0
    assert [row.case_id for row in play.rows(subscriptions)] == [other]


def test_a_message_reaches_each_process(engine: Engine, play: Play) -> None:
    """Those that begin to wait later, too, while it lives."""
    names = ("p", "q", "r")
    play.deploy({f"{id_}.bpmn": waiting(id_) for id_ in names})
    cases = {id_: play.start(id_, {"phone": "1"}).case_id for id_ in names}
    late = play.start("p", {"phone": "1"}).case_id
    play.do(cases["p"], "prepare")
    play.do(cases["q"], "prepare")
    assert publish(play, "customer.replied", "1", ttl_s=60) == 2
    play.do(cases["r"], "prepare")
    play.do(late, "prepare")
    housekeeping.tick(engine)
    assert [list(play.open(case_id)) for case_id in cases.values()] == [["after"]] * 3
    assert play.open(late) == {}


def test_a_message_is_not_taken_twice_by_one_instance(engine: Engine, play: Play) -> None:
    """An instance that waits again for the message it has had waits for the next one."""
    again = definitions(
        REPLY,
        process(
            start(), el("intermediateCatchEvent", "wait", message("m")),
            el("intermediateCatchEvent", "again", message("m")), user("last", mine()), end(),
            flows("start wait again last end"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": again})
    case_id = play.start(variables={"phone": "1"}).case_id
    assert publish(play, "customer.replied", "1", ttl_s=60) == 1
    housekeeping.tick(engine)
    assert play.open(case_id) == {}
    assert publish(play, "customer.replied", "1", ttl_s=60) == 1
    assert list(play.open(case_id)) == ["last"]


def test_two_parts_of_one_instance_take_two_messages(play: Play) -> None:
    both = definitions(
        REPLY,
        process(
            start(), el("parallelGateway", "fork"),
            el("intermediateCatchEvent", "one", message("m")), user("a", mine()), end(),
            el("intermediateCatchEvent", "two", message("m")), user("b", mine()),
            el("endEvent", "end2"),
            flows("start fork one a end", "fork two b end2"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": both})
    case_id = play.start(variables={"phone": "1"}).case_id
    assert publish(play, "customer.replied", "1") == 1
    assert len(play.open(case_id)) == 1
    assert publish(play, "customer.replied", "1") == 1
    assert sorted(play.open(case_id)) == ["a", "b"]


def test_a_kept_message_goes_to_the_next_that_subscribes(play: Play) -> None:
    play.deploy({"p.bpmn": waiting()})
    one, two = (play.start(variables={"phone": "1"}).case_id for _ in range(2))
    assert publish(play, "customer.replied", "1", {"text": "早到"}, ttl_s=60) == 0
    play.do(one, "prepare")
    assert list(play.open(one)) == ["after"]
    play.do(two, "prepare")
    assert play.open(two) == {}


def test_the_first_message_published_is_taken_first(play: Play) -> None:
    play.deploy({"p.bpmn": waiting()})
    cases = [play.start(variables={"phone": "1"}).case_id for _ in range(2)]
    for text in ("一", "二"):
        publish(play, "customer.replied", "1", {"text": text}, ttl_s=60)
    for case_id in cases:
        play.do(case_id, "prepare")
    assert [play.variables(case_id)["text"] for case_id in cases] == ["一", "二"]


def test_a_message_without_a_life_is_gone(play: Play) -> None:
    play.deploy({"p.bpmn": waiting()})
    case_id = play.start(variables={"phone": "1"}).case_id
    assert publish(play, "customer.replied", "1") == 0
    play.do(case_id, "prepare")
    assert play.open(case_id) == {}


def test_a_kept_message_expires(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": waiting()})
    with time_machine.travel(NOON, tick=False) as now:
        case_id = play.start(variables={"phone": "1"}).case_id
        publish(play, "customer.replied", "1", ttl_s=60)
        now.shift(timedelta(seconds=61))
        play.do(case_id, "prepare")
        assert play.open(case_id) == {}
        housekeeping.tick(engine)
    assert play.rows(messages_table) == []


def test_a_message_id_is_taken_once(play: Play) -> None:
    play.deploy({"p.bpmn": waiting()})
    with time_machine.travel(NOON, tick=False) as now:
        case_id = play.start(variables={"phone": "1"}).case_id
        play.do(case_id, "prepare")
        assert publish(play, "customer.replied", "1", ttl_s=60, message_id="sms-7") == 1
        with pytest.raises(Conflict, match="sms-7"):
            publish(play, "customer.replied", "1", ttl_s=60, message_id="sms-7")
        assert publish(play, "customer.replied", "2", ttl_s=60, message_id="sms-7") == 0
        now.shift(timedelta(seconds=61))
        assert publish(play, "customer.replied", "1", ttl_s=60, message_id="sms-7") == 0


@pytest.mark.parametrize(("name", "ttl_s"), [("", 0), ("x", -1), ("x", 1e12)])
def test_a_wrong_message_is_refused(play: Play, name: str, ttl_s: float) -> None:
    with pytest.raises(Invalid):
        publish(play, name, "1", ttl_s=ttl_s)


def test_a_button_of_the_case_page_delivers_again_and_again(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": urgeable()})
    case_id = play.start(variables={"phone": "1"}).case_id
    for _ in range(3):
        with engine.read() as conn:
            (button,) = messages.waiting(conn, case_id)
        assert button.properties == {"action.label": "催办"}
        with engine.unit("boss") as unit:
            messages.deliver(unit, button.key, {"why": "客户很急"})
    assert len(play.rows(user_tasks, element_id="chief")) == 3
    play.do(case_id, "work")
    with pytest.raises(Conflict), engine.unit("boss") as unit:
        messages.deliver(unit, button.key, {})


def test_a_button_is_for_its_groups(engine: Engine, play: Play) -> None:
    for_oversight = z("property", name="action.groups", value="oversight, quality")
    play.deploy({"p.bpmn": urgeable(for_oversight)})
    case_id = play.start(variables={"phone": "1"}).case_id
    with engine.read() as conn:
        (button,) = messages.waiting(conn, case_id)
    with pytest.raises(Forbidden, match="催办"), engine.unit("wang") as unit:
        messages.deliver(unit, button.key, {}, WANG)
    assert list(play.open(case_id)) == ["work"]
    for person in (Person("chen", "陈", groups=frozenset({"quality"})), BOSS):
        with engine.unit(person.login) as unit:
            messages.deliver(unit, button.key, {}, person)
    assert len(play.rows(user_tasks, element_id="chief")) == 2


def test_a_message_starts_a_process(play: Play) -> None:
    started = definitions(
        message_definition("m", "sms.in"),
        process(
            el("startEvent", "start", ext(io(outputs={"body": "=text"})), message("m")),
            user("a", mine()), end(), flows("start a end"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": started})
    assert publish(play, "sms.in", "13800000000", {"text": "断网", "noise": 1}) == 1
    (instance,) = play.rows(instances)
    assert play.variables(instance.key) == {"body": "断网"}
    play.deploy({"p.bpmn": started.replace(b'"a"', b'"b"').replace(b"-a", b"-b")})
    publish(play, "sms.in", "x", {"text": "2"})
    assert [row.element_id for row in play.rows(user_tasks)] == ["a", "b"]


def throwing(key: str = "=phone", target: str = "customer.replied") -> bytes:
    """A process that throws a message at once."""
    return definitions(
        el("message", "m", name=target),
        process(
            start(),
            el(
                "intermediateThrowEvent", "tell",
                ext(z("properties", z("property", name="message.correlationKey", value=key))),
                message("m"),
            ),
            user("done", mine()), end(), flows("start tell done end"), id_="thrower",
        ),
    )  # fmt: skip


def test_a_process_reaches_another_case_without_locking_it(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": waiting(), "thrower.bpmn": throwing()})
    case_id = play.start(variables={"phone": "1"}).case_id
    play.do(case_id, "prepare")
    play.start("thrower", {"phone": "1"})
    assert play.open(case_id) == {}
    assert housekeeping.tick(engine) == 1
    assert list(play.open(case_id)) == ["after"]
    assert housekeeping.tick(engine) == 0


def test_a_process_reaches_its_own_case_in_the_same_step(play: Play) -> None:
    both = definitions(
        REPLY,
        process(
            start(), el("parallelGateway", "fork"), user("go", mine()),
            el("intermediateCatchEvent", "wait", message("m")), user("after", mine()),
            el("callActivity", "call", ext(z("calledElement", processId="thrower"))),
            end(), el("endEvent", "end2"),
            flows("start fork wait after end", "fork go call end2"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": both, "thrower.bpmn": throwing()})
    case_id = play.start(variables={"phone": "1"}).case_id
    play.do(case_id, "go")
    assert sorted(play.open(case_id)) == ["after", "done"]


def test_a_thrown_message_reaches_each_process_once(engine: Engine, play: Play) -> None:
    """Of its own case first: then no other instance of that process has it."""
    both = definitions(
        REPLY,
        process(
            start(), el("parallelGateway", "fork"), user("go", mine()),
            el("intermediateCatchEvent", "wait", message("m")), user("after", mine()),
            el("callActivity", "call", ext(z("calledElement", processId="thrower"))),
            end(), el("endEvent", "end2"),
            flows("start fork wait after end", "fork go call end2"),
        ),
    )  # fmt: skip
    play.deploy({"p.bpmn": both, "thrower.bpmn": throwing(), "q.bpmn": waiting("q")})
    twin, case_id = (play.start(variables={"phone": "1"}).case_id for _ in range(2))
    others = [play.start("q", {"phone": "1"}).case_id for _ in range(2)]
    for other in others:
        play.do(other, "prepare")
    play.do(case_id, "go")
    for _ in range(2):
        housekeeping.tick(engine)
    assert sorted(play.open(case_id)) == ["after", "done"]
    assert list(play.open(twin)) == ["go"]
    assert [list(play.open(other)) for other in others] == [["after"], []]


def test_a_message_published_while_the_subscription_opens_is_not_lost(
    engine: Engine, play: Play
) -> None:
    """Neither transaction sees the other's row; the next tick brings them together."""
    play.deploy({"p.bpmn": waiting()})
    case_id = play.start(variables={"phone": "1"}).case_id
    published = threading.Event()

    def publish_meanwhile() -> None:
        assert publish(play, "customer.replied", "1", {"text": "同时"}, ttl_s=60) == 0
        published.set()

    key = play.open(case_id)["prepare"]
    with engine.unit("li") as unit:
        tasks.complete(unit, key, {}, LI)
        publisher = threading.Thread(target=publish_meanwhile)
        publisher.start()
        publisher.join()
        assert published.is_set()
    assert play.open(case_id) == {}
    assert housekeeping.tick(engine) == 1
    assert list(play.open(case_id)) == ["after"]
    assert play.variables(case_id)["text"] == "同时"


def test_who_passes_over_a_message_that_another_takes_has_it_with_the_next_tick(
    engine: Engine, play: Play
) -> None:
    play.deploy({"p.bpmn": waiting(), "q.bpmn": waiting("q")})
    with time_machine.travel(NOON, tick=False) as now:
        one, other = (play.start(id_, {"phone": "1"}).case_id for id_ in ("p", "q"))
        publish(play, "customer.replied", "1", ttl_s=3600)
        now.shift(timedelta(minutes=30))
        key = play.open(one)["prepare"]
        with engine.unit("li") as unit:
            tasks.complete(unit, key, {}, LI)
            beside = threading.Thread(target=play.do, args=(other, "prepare"))
            beside.start()
            beside.join()
        assert (list(play.open(one)), list(play.open(other))) == (["after"], [])
        assert housekeeping.tick(engine) == 1
    assert list(play.open(other)) == ["after"]


def test_two_publishers_of_many_cases_never_deadlock(play: Play) -> None:
    play.deploy({"p.bpmn": waiting()})
    cases = [play.start(variables={"phone": "1"}).case_id for _ in range(6)]
    for case_id in cases:
        play.do(case_id, "prepare")
    reached: list[int] = []
    publishers = [
        threading.Thread(target=lambda: reached.append(publish(play, "customer.replied", "1")))
        for _ in range(3)
    ]
    for one in publishers:
        one.start()
    for one in publishers:
        one.join()
    assert reached == [1, 1, 1]
    assert len(play.rows(history, kind="message.received")) == 3
