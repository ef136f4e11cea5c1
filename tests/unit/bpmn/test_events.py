"""Timers and messages."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from engine.bpmn import changes as c
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flow,
    flows,
    io,
    message,
    message_definition,
    process,
    service,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import NOW, Bench, Clock, bench, later


def caught_timer(kind: str, text: str) -> bytes:
    return definitions(
        process(
            start(),
            el("intermediateCatchEvent", "t", timer(kind, text)),
            end(),
            flows("start t end"),
        )
    )


@pytest.mark.parametrize(
    ("kind", "text", "due"),
    [
        ("duration", "PT4H", later(hours=4)),
        ("duration", "P1DT30M", later(days=1, minutes=30)),
        ("duration", '=duration("PT90M")', later(minutes=90)),
        ("duration", "=limit", later(hours=2)),
        ("duration", "P1M", NOW.replace(month=4)),
        ("duration", "-PT1H", later(hours=-1)),
        ("date", "2026-03-02T20:00:00+08:00", later(hours=3)),
        ("date", "2026-03-02T20:00:00", later(hours=3)),
        ("date", "2026-03-03", later(hours=7)),
        ("date", '=date and time("2026-03-02T10:00:00Z") + duration("PT1H")', later(hours=2)),
        ("date", '=date and time("2026-03-02T20:00:00@Asia/Shanghai")', later(hours=3)),
    ],
)
def test_timer_is_an_instant_computed_once(kind: str, text: str, due: datetime) -> None:
    one = bench(caught_timer(kind, text)).start({"limit": "PT2H"})
    assert one.timers()["t"].due_at == due
    one.fire("t")
    assert one.ended() is not None


@pytest.mark.parametrize("text", ["=missing", "=5", '="soon"', "=[1]", '="P9999999999Y"'])
def test_a_timer_that_makes_no_sense_is_an_incident(text: str) -> None:
    one = bench(caught_timer("duration", text)).start()
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("t", "EXTRACT_VALUE_ERROR")
    assert "“t”的定时器" in incident.zh
    assert one.waits() == []


def test_timer_incident_is_retried_with_a_corrected_variable() -> None:
    one = bench(caught_timer("duration", "=limit")).start()
    one.set({"limit": "PT1H"})
    one.retry()
    assert one.timers()["t"].due_at == later(hours=1)


def reminding(text: str, kind: str = "cycle") -> Bench:
    content = definitions(
        process(
            start(),
            user("a"),
            boundary("remind", "a", timer(kind, text), interrupting=False),
            user("nudge"),
            end(),
            flows("start a end", "remind nudge"),
        )
    )
    return bench(content).start()


def test_non_interrupting_cycle_fires_as_often_as_it_says_without_drifting() -> None:
    one = reminding("R3/PT1H")
    clock = one.world
    assert isinstance(clock, Clock)
    for turn in (1, 2, 3):
        assert one.timers()["remind"].due_at == later(hours=turn)
        clock.time = later(hours=turn, minutes=7)
        one.fire("remind")
        assert one.active() == ["a", *["nudge"] * turn]
    assert one.timers() == {}
    one.complete("a")
    assert one.active() == ["nudge"] * 3
    for _ in range(3):
        one.complete("nudge")
    assert one.ended() is not None


def test_missed_rounds_of_a_counted_cycle_are_made_up_one_by_one() -> None:
    one = reminding("R3/PT1H")
    clock = one.world
    assert isinstance(clock, Clock)
    clock.time = later(hours=10)
    one.fire("remind")
    assert one.timers()["remind"].due_at == later(hours=2)


def test_missed_rounds_of_an_endless_cycle_are_skipped() -> None:
    one = reminding("R/PT1H")
    clock = one.world
    assert isinstance(clock, Clock)
    clock.time = later(hours=10, minutes=30)
    one.fire("remind")
    assert one.timers()["remind"].due_at == later(hours=11)
    assert one.active() == ["a", "nudge"]


def test_cycle_with_a_start() -> None:
    one = reminding("R2/2026-03-02T18:00:00+08:00/PT30M")
    assert one.timers()["remind"].due_at == later(hours=1)
    one.fire("remind")
    assert one.timers()["remind"].due_at == later(hours=1, minutes=30)


def test_non_interrupting_duration_fires_once() -> None:
    one = reminding("PT1H", "duration")
    one.fire("remind")
    assert one.timers() == {}
    assert one.active() == ["a", "nudge"]


MESSAGES = definitions(
    message_definition("m", "催办", "=case.number"),
    process(
        start(),
        user("a"),
        boundary(
            "urge", "a", message("m"),
            z("properties", z("property", name="action.label", value="催办")), interrupting=False,
        ),
        service("note"),
        end(),
        flows("start a end", "urge note"),
    ),
)  # fmt: skip


def test_non_interrupting_message_boundary_fires_again_and_again() -> None:
    one = bench(MESSAGES).start({"case": {"number": "TS1"}})
    (subscribed,) = one.of(c.Subscribed)
    assert (subscribed.correlation_key, subscribed.interrupting) == ("TS1", False)
    assert subscribed.properties == {"action.label": "催办"}
    for turn in range(1, 4):
        one.receive("urge", {"by": turn})
        assert one.active() == ["a", *["note"] * turn]
        assert one.waits().count("urge") == 1
    assert one.variables()["by"] == 3
    one.complete("a")
    assert one.waits() == ["note"] * 3


def test_interrupting_message_boundary_cancels_the_task() -> None:
    content = MESSAGES.replace(b'cancelActivity="false"', b'cancelActivity="true"')
    one = bench(content).start({"case": {"number": "TS1"}})
    one.receive("urge", {"by": 1})
    assert one.active() == ["note"]
    left = {x.element_id: x.how for x in one.of(c.ElementLeft)}
    assert left["a"] == "cancelled"
    assert left["urge"] == "completed"


@pytest.mark.parametrize("key", ["=nothing", '=""', "=[1]"])
def test_message_without_a_key_is_an_incident(key: str) -> None:
    content = definitions(
        message_definition("m", "回复", key),
        process(
            start(),
            el("intermediateCatchEvent", "catch", message("m")),
            end(),
            flows("start catch end"),
        ),
    )
    one = bench(content).start()
    (incident,) = one.incidents()
    assert incident.kind == "EXTRACT_VALUE_ERROR"
    assert "关联键" in incident.zh


def test_message_payload_passes_the_output_mapping() -> None:
    content = definitions(
        message_definition("m", "回复", "=7"),
        process(
            start(),
            el(
                "intermediateCatchEvent",
                "catch",
                ext(io(outputs={"answer": "=text"})),
                message("m"),
            ),
            end(),
            flows("start catch end"),
        ),
    )
    one = bench(content).start()
    assert one.of(c.Subscribed)[0].correlation_key == "7"
    one.receive("catch", {"text": "好", "noise": 1})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"answer": "好"}


def test_message_start_maps_what_came_with_the_message() -> None:
    content = definitions(
        message_definition("m", "来电"),
        process(
            start("plain"),
            start("called", ext(io(outputs={"phone": "=from"})), message("m")),
            end(),
            flows("plain end", "called end"),
        ),
    )
    one = bench(content).start({"from": "138"}, "called")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"phone": "138"}
    assert one.entered() == ["called", "end"]
    assert bench(content).start({"from": "138"}).variables() == {"from": "138"}


def test_throw_event_publishes_what_its_inputs_name() -> None:
    properties = z(
        "properties",
        z("property", name="message.correlationKey", value="=case.number"),
        z("property", name="message.timeToLive", value="PT10M"),
    )
    content = definitions(
        el("message", "m", name="已派单"),
        process(
            start(),
            el(
                "intermediateThrowEvent",
                "tell",
                ext(io({"unit": "=group"}), properties),
                message("m"),
            ),
            el("endEvent", "end", ext(z("taskDefinition", type="announce")), message("m")),
            flows("start tell end"),
        ),
    )
    one = bench(content).start({"case": {"number": "TS1"}, "group": "网络部"})
    (published,) = one.of(c.Published)
    assert (published.message, published.correlation_key) == ("已派单", "TS1")
    assert published.variables == {"unit": "网络部"}
    assert published.time_to_live_s == 600
    assert one.waits() == ["end"]
    assert one.of(c.JobOpened)[0].type == "announce"
    one.complete("end")
    ended = one.ended()
    assert ended is not None
    assert "unit" not in ended.variables


def test_boundary_timer_on_a_sub_process_cancels_its_inside() -> None:
    content = definitions(
        message_definition("m", "x", "=1"),
        process(
            start(),
            el(
                "subProcess",
                "sub",
                start("s2"),
                user("a"),
                boundary("inner", "a", message("m")),
                user("b"),
                end("e2"),
                flows("s2 a e2", "inner b e2"),
            ),
            boundary("late", "sub", timer("duration", "=limit")),
            user("boss"),
            end(),
            flows("start sub end", "late boss end"),
        ),
    )
    one = bench(content).start({"limit": "PT1H"})
    assert one.waits() == ["a", "inner", "late"]
    one.fire("late")
    assert one.waits() == ["boss"]
    one.complete("boss")
    assert one.ended() is not None


def test_boundary_timer_sees_its_activitys_own_variables() -> None:
    content = definitions(
        process(
            start(),
            user("a", io({"limit": '="PT3H"'})),
            boundary("late", "a", timer("duration", "=limit")),
            end(),
            flows("start a end", "late end"),
        )
    )
    one = bench(content).start({"limit": "PT1H"})
    assert one.timers()["late"].due_at == NOW + timedelta(hours=3)


def test_an_endless_circle_is_held_and_goes_on_after_correction() -> None:
    content = definitions(
        process(
            start(),
            el("exclusiveGateway", "merge"),
            el("exclusiveGateway", "ask", default="ask-a"),
            user("a"),
            flows("start merge ask a"),
            flow("ask", "merge", "=spin"),
        )
    )
    one = bench(content).start({"spin": True})
    (incident,) = one.incidents()
    assert incident.kind == "STEP_LIMIT"
    one.set({"spin": False})
    one.retry()
    assert one.active() == ["a"]


def test_the_key_of_a_boundary_message_is_read_outside_its_activity() -> None:
    content = definitions(
        message_definition("m", "催办", "=number"),
        process(
            start(),
            user("a", io({"number": '="local"'})),
            boundary("urge", "a", message("m")),
            end(),
            flows("start a end", "urge end"),
        ),
    )
    one = bench(content).start({"number": "outer"})
    assert [x.correlation_key for x in one.of(c.Subscribed)] == ["outer"]
