"""Event sub-processes: what they end, what they see, how often they fire, what they catch."""

from __future__ import annotations

from engine.bpmn import changes as c
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    event_sub,
    ext,
    flows,
    io,
    many,
    message,
    message_definition,
    process,
    script,
    service,
    signal,
    start,
    throw,
    timer,
    user,
)
from tests.unit.bpmn.harness import Clock, bench, later

COMMON = (
    message_definition("m", "note", "=key")
    + el("error", "e", name="refused", errorCode="NO")
    + el("error", "other", name="other", errorCode="OTHER")
    + el("escalation", "s", name="late", escalationCode="LATE")
    + el("signal", "sig", name="alarm")
)


def file(*content: str) -> bytes:
    return definitions(COMMON, process(*content))


def handled(id_: str, definition: str, *, interrupting: bool = True) -> str:
    """An event sub-process that leads to a task ``{id_}-do``."""
    return event_sub(
        id_, definition, user(f"{id_}-do"), end(f"{id_}-end"),
        flows(f"{id_}-start {id_}-do {id_}-end"), interrupting=interrupting,
    )  # fmt: skip


def test_an_interrupting_one_ends_everything_else_in_its_scope() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), el("parallelGateway", "g"), user("a"), user("b"),
        end("e2"), end("e3"), flows("s2 g a e2", "g b e3"),
        handled("x", message("m")), handled("y", timer("duration", "PT1H"), interrupting=False),
    )  # fmt: skip
    one = bench(file(start(), inner, user("after"), end(), flows("start sub after end")))
    one.start({"key": "k"})
    one.fire("y-start")
    assert one.active() == ["a", "b", "sub", "y", "y-do"]
    one.receive("x-start", {"why": "stop"})
    assert one.active() == ["sub", "x", "x-do"]
    assert one.waits() == ["x-do"]
    one.complete("x-do")
    assert one.active() == ["after"]
    assert one.variables() == {"key": "k", "why": "stop"}


def test_a_non_interrupting_one_runs_several_times_beside_its_scope() -> None:
    one = bench(
        file(
            start(), user("a"), end(), flows("start a end"),
            handled("x", message("m"), interrupting=False),
        )
    ).start({"key": "k"})  # fmt: skip
    for turn in (1, 2, 3):
        one.receive("x-start")
        assert one.active() == sorted(["a", *["x", "x-do"] * turn])
    one.complete("a")
    assert one.waits() == ["x-do", "x-do", "x-do", "x-start"]
    for _ in range(3):
        assert one.ended() is None
        one.complete("x-do")
    assert one.ended() is not None


def test_a_cycle_rearms_and_ends_with_its_scope() -> None:
    one = bench(
        file(
            start(), user("a"), end(), flows("start a end"),
            handled("x", timer("cycle", "R/PT1H"), interrupting=False),
        )
    ).start()  # fmt: skip
    assert one.timers()["x-start"].due_at == later(hours=1)
    one.fire("x-start")
    assert one.timers()["x-start"].due_at == later(hours=2)
    one.complete("x-do")
    one.complete("a")
    assert one.ended() is not None


def test_they_are_armed_when_the_start_event_has_mapped_its_payload() -> None:
    content = file(
        start("go", ext(io(outputs={"key": "=number"})), message("m")), user("a"), end(),
        flows("go a end"), handled("x", message("m")),
    )  # fmt: skip
    one = bench(content).start({"number": "TS7"}, "go")
    assert one.of(c.Subscribed)[0].correlation_key == "TS7"


def test_what_cannot_be_armed_is_an_incident_of_the_start_and_nothing_is_half_armed() -> None:
    content = file(
        start(), user("a"), end(), flows("start a end"),
        handled("x", timer("duration", "PT1H")), handled("y", message("m")),
    )  # fmt: skip
    one = bench(content).start()
    (incident,) = one.incidents()
    assert incident.element_id == "start"
    assert one.waits() == []
    one.set({"key": "k"})
    one.retry()
    assert one.waits() == ["a", "x-start", "y-start"]


def test_it_sees_and_changes_the_variables_of_its_scope() -> None:
    inner = el(
        "subProcess", "sub", ext(io({"count": "=1"}, {"seen": "=count"})), start("s2"),
        user("a"), end("e2"), flows("s2 a e2"),
        event_sub("x", signal("sig"), script("add", "count", "=count + by"), end("xe"),
                  flows("x-start add xe"), interrupting=False),
    )  # fmt: skip
    one = bench(file(start(), inner, end(), flows("start sub end"))).start()
    one.receive("x-start", {"by": 5})
    one.complete("a")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"by": 5, "seen": 6}


def test_each_round_of_a_multi_instance_has_its_own() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a"), end("e2"), flows("s2 a e2"),
        handled("x", message("m")), many("=keys", inputElement="key"),
    )  # fmt: skip
    one = bench(file(start(), inner, end(), flows("start sub end"))).start({"keys": ["p", "q"]})
    assert [x.correlation_key for x in one.of(c.Subscribed)] == ["p", "q"]
    one.receive("x-start")
    assert one.waits() == ["a", "x-do", "x-start"]


def test_an_error_is_caught_before_it_leaves_its_scope() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), service("a"), end("e2"), flows("s2 a e2"),
        handled("x", event("error", "e")), handled("y", event("error")),
    )  # fmt: skip
    content = file(
        start(), inner, boundary("b", "sub", event("error", "e")), end(), end("e3"),
        flows("start sub end", "b e3"),
    )  # fmt: skip
    one = bench(content).start()
    one.throw("a", "NO", {"detail": 1})
    assert one.active() == ["sub", "x", "x-do"]
    assert one.variables("x-do") == {"detail": 1}
    one.complete("x-do")
    ended = one.ended()
    assert ended is not None
    assert "detail" not in ended.variables
    other = bench(content).start()
    other.throw("a", "ELSE")
    assert other.active() == ["sub", "y", "y-do"]


def test_what_an_event_sub_process_throws_goes_outwards() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), service("a"), end("e2"), flows("s2 a e2"),
        event_sub("x", event("error", "e"), service("again"), end("xe"),
                  flows("x-start again xe")),
    )  # fmt: skip
    one = bench(
        file(
            start(), inner, boundary("b", "sub", event("error", "e")), user("c"), end(),
            flows("start sub end", "b c"),
        )
    ).start()  # fmt: skip
    one.throw("a", "NO")
    assert one.active() == ["again", "sub", "x"]
    one.throw("again", "NO")
    assert one.active() == ["c"]


def test_an_escalation_is_caught_beside_and_does_not_catch_itself() -> None:
    content = file(
        start(), throw("t", event("escalation", "s")), user("a"), end(), flows("start t a end"),
        event_sub("x", event("escalation", "s"), throw("t2", event("escalation", "s")),
                  user("boss"), end("xe"), flows("x-start t2 boss xe"), interrupting=False),
    )  # fmt: skip
    one = bench(content).start()
    assert one.active() == ["a", "boss", "x"]
    assert [x.code for x in one.of(c.Escalated)] == ["LATE"]


def test_nested_ones_listen_only_while_theirs_runs() -> None:
    deep = event_sub(
        "x", message("m"), user("u"), end("xe"), flows("x-start u xe"),
        handled("y", signal("sig")),
    )  # fmt: skip
    one = bench(file(start(), user("a"), end(), flows("start a end"), deep)).start({"key": 1})
    assert one.waits() == ["a", "x-start"]
    one.receive("x-start")
    assert one.waits() == ["u", "y-start"]
    one.receive("y-start")
    assert one.active() == ["x", "y", "y-do"]
    one.complete("y-do")
    assert one.ended() is not None


def test_an_error_out_of_a_called_process_finds_the_callers_event_sub_process() -> None:
    call = el("callActivity", "a", ext('<zeebe:calledElement processId="child"/>'))
    content = file(start(), call, end(), flows("start a end"), handled("x", event("error", "e")))
    one = bench(content).start()
    assert one.program.catches_error("a", "NO")
    assert not one.program.catches_error("a", "YES")
    assert not one.program.catches_error("x-do", "NO")
    one.throw("a", "NO")
    assert one.active() == ["x", "x-do"]


def test_an_uncaught_error_end_inside_ends_the_instance_where_the_caller_catches_it() -> None:
    content = file(
        start(), user("a"), end(), flows("start a end"),
        event_sub("x", message("m"), end("xe", event("error", "other")), flows("x-start xe")),
    )  # fmt: skip
    one = bench(content, Clock(catches=("OTHER",))).start({"key": 1})
    one.receive("x-start")
    ended = one.ended()
    assert ended is not None
    assert (ended.how, ended.error_code) == ("error", "OTHER")


def test_terminate_in_an_event_sub_process_ends_that_alone() -> None:
    content = file(
        start(), user("a"), end(), flows("start a end"),
        event_sub("x", signal("sig"), el("parallelGateway", "g"), user("u"),
                  end("xe", event("terminate")), flows("x-start g u", "g xe"),
                  interrupting=False),
    )  # fmt: skip
    one = bench(content).start()
    one.receive("x-start")
    assert one.active() == ["a"]
    assert one.waits() == ["a", "x-start"]
    one.complete("a")
    assert one.ended() is not None
