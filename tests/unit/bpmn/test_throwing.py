"""Errors, escalations, terminate."""

from __future__ import annotations


from engine.bpmn import changes as c
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    ext,
    flows,
    io,
    process,
    service,
    start,
    user,
)
from tests.unit.bpmn.harness import Clock, bench

ERRORS = el("error", "e1", name="缺件", errorCode="MISSING") + el(
    "error", "e2", name="拒绝", errorCode="REFUSED"
)
ESCALATIONS = el("escalation", "s1", name="超时", escalationCode="LATE")


def erring(*boundaries: str, job: str = "work") -> bytes:
    return definitions(
        ERRORS,
        process(
            start(),
            el(
                "subProcess",
                "sub",
                start("s2"),
                service(job),
                user("other"),
                el("parallelGateway", "split"),
                end("e2"),
                flows(f"s2 split {job} e2", "split other"),
            ),
            *boundaries,
            user("fix"),
            user("all"),
            end(),
            flows("start sub end"),
        ),
    )


def test_error_of_a_job_is_caught_at_its_task() -> None:
    content = definitions(
        ERRORS,
        process(
            start(),
            service("work"),
            boundary("missing", "work", event("error", "e1"), io(outputs={"why": "=which"})),
            user("fix"),
            end(),
            flows("start work end", "missing fix"),
        ),
    )
    one = bench(content).start()
    one.throw("work", "MISSING", {"which": "发票", "noise": 1})
    assert one.active() == ["fix"]
    assert one.variables() == {"why": "发票"}


def test_error_goes_out_to_the_sub_process_and_cancels_what_runs_in_it() -> None:
    content = erring(
        boundary("missing", "sub", event("error", "e1")),
        boundary("any", "sub", event("error")),
        flows("missing fix", "any all"),
    )
    one = bench(content).start()
    assert one.active() == ["other", "sub", "work"]
    one.throw("work", "MISSING")
    assert one.active() == ["fix"]
    other = bench(content).start()
    other.throw("work", "SOMETHING")
    assert other.active() == ["all"]


def test_uncaught_error_of_a_job_is_an_incident_and_retry_makes_a_new_job() -> None:
    one = bench(erring()).start()
    one.throw("work", "MISSING")
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("work", "UNHANDLED_ERROR_EVENT")
    assert "MISSING" in incident.zh
    assert one.waits() == ["other"]
    one.retry()
    assert one.waits() == ["other", "work"]


def test_uncaught_error_ends_the_instance_where_the_caller_catches_it() -> None:
    one = bench(erring(), Clock(catches=("MISSING",))).start()
    one.throw("work", "MISSING")
    ended = one.ended()
    assert ended is not None
    assert (ended.how, ended.error_code, ended.error_message) == ("error", "MISSING", "broken")


def test_error_end_event_is_caught_around_its_scope() -> None:
    content = definitions(
        ERRORS,
        process(
            start(),
            el(
                "subProcess", "sub", start("s2"), user("a"),
                end("bad", ext(io({"why": '="无单"'})), event("error", "e2")),
                flows("s2 a bad"),
            ),
            boundary("refused", "sub", event("error", "e2"), io(outputs={"reason": "=why"})),
            user("fix"),
            end(),
            flows("start sub end", "refused fix"),
        ),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    assert one.active() == ["fix"]
    assert one.variables() == {"reason": "无单"}


def test_uncaught_error_end_event_is_an_incident() -> None:
    content = definitions(
        ERRORS, process(start(), end("bad", event("error", "e2")), flows("start bad"))
    )
    one = bench(content).start()
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("bad", "UNHANDLED_ERROR_EVENT")
    caught = bench(content, Clock(catches=("REFUSED",))).start().ended()
    assert caught is not None
    assert (caught.how, caught.error_code) == ("error", "REFUSED")


def escalating(*, interrupting: bool) -> bytes:
    return definitions(
        ESCALATIONS,
        process(
            start(),
            el(
                "subProcess",
                "sub",
                start("s2"),
                el("intermediateThrowEvent", "raise", event("escalation", "s1")),
                user("work"),
                end("e2"),
                flows("s2 raise work e2"),
            ),
            boundary("up", "sub", event("escalation", "s1"), interrupting=interrupting),
            user("boss"),
            end(),
            flows("start sub end", "up boss"),
        ),
    )


def test_escalation_caught_without_interrupting_goes_on_inside() -> None:
    assert bench(escalating(interrupting=False)).start().active() == ["boss", "sub", "work"]


def test_escalation_caught_interrupting_cancels_the_sub_process() -> None:
    one = bench(escalating(interrupting=True)).start()
    assert one.active() == ["boss"]
    one.complete("boss")
    assert one.ended() is not None


def test_uncaught_escalation_is_told_to_the_caller_and_the_token_goes_on() -> None:
    content = definitions(
        ESCALATIONS,
        process(
            start(),
            el("intermediateThrowEvent", "raise", event("escalation", "s1")),
            user("work"),
            end("end", event("escalation", "s1")),
            flows("start raise work end"),
        ),
    )
    one = bench(content).start()
    assert [x.code for x in one.of(c.Escalated)] == ["LATE"]
    one.complete("work")
    assert len(one.of(c.Escalated)) == 2
    assert one.ended() is not None


def test_terminate_ends_its_process_with_all_other_tokens() -> None:
    content = definitions(
        process(
            start(),
            el("parallelGateway", "split"),
            user("a"),
            user("b"),
            end("stop", event("terminate")),
            end(),
            flows("start split a stop", "split b end"),
        )
    )
    one = bench(content).start()
    one.complete("a")
    ended = one.ended()
    assert ended is not None
    assert ended.how == "completed"


def test_terminate_in_a_sub_process_ends_only_that() -> None:
    content = definitions(
        process(
            start(),
            el(
                "subProcess",
                "sub",
                start("s2"),
                el("parallelGateway", "split"),
                user("a"),
                user("b"),
                end("stop", event("terminate")),
                end("e2"),
                flows("s2 split a stop", "split b e2"),
            ),
            user("after"),
            end(),
            flows("start sub after end"),
        )
    )
    one = bench(content).start()
    one.complete("a")
    assert one.active() == ["after"]
