"""Listeners of tasks and processes: in order, with corrections, denials, and after incidents."""

from __future__ import annotations

import pytest

from engine.bpmn import changes as c
from engine.errors import Conflict, Invalid
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    event,
    event_sub,
    ext,
    flow,
    flows,
    listener,
    many,
    message,
    process,
    service,
    start,
    user,
    z,
)
from tests.unit.bpmn.harness import Bench, bench

HEADER = "io.camunda.zeebe:"


def tasks(*events: tuple[str, str]) -> str:
    return z(
        "taskListeners",
        *(z("taskListener", eventType=event, type=type_) for event, type_ in events),
    )


def assigned(**more: str) -> str:
    return z("assignmentDefinition", **more)


def one_step(*content: str, path: str = "start a end") -> bytes:
    return definitions(MESSAGE, process(start(), *content, end(), flows(path)))


MESSAGE = '<bpmn:message id="m" name="stop"><bpmn:extensionElements>' + z(
    "subscription", correlationKey="=1"
) + "</bpmn:extensionElements></bpmn:message>"


def task(one: Bench) -> dict[str, object]:
    """What the task of ``a`` says of itself now."""
    opened = next(x for x in one.open().values() if isinstance(x, c.TaskOpened))
    said: dict[str, object] = {
        name: getattr(opened, name)
        for name in ("assignee", "candidate_users", "candidate_groups", "priority", "due_at")
    }
    for change in one.of(c.TaskChange):
        said |= change.values
    return said


def headers(one: Bench) -> dict[str, str]:
    (job,) = [x for x in one.open().values() if isinstance(x, c.JobOpened)]
    return {key.removeprefix(HEADER): value for key, value in job.headers.items()}


def correct(one: Bench, **corrections: object) -> Bench:
    return one.act(lambda run: run.correct(one.listener("a"), corrections, {}))


def assign(one: Bench, login: str | None, action: str = "assign") -> Bench:
    return one.act(lambda run: run.assign(one.task("a"), login, action))


# -- creating and assigning


def test_a_creating_listener_corrects_the_task_before_it_opens() -> None:
    one = bench(one_step(user("a", tasks(("creating", "x"), ("creating", "y"))))).start()
    assert headers(one)["action"] == "create"
    correct(one, assignee="li", candidateUsers=["li", "wang"], priority=80)
    assert headers(one)["candidateUsers"] == '["li","wang"]'
    correct(one, priority=None, candidateUsers=[])
    assert task(one) | {"due_at": None} == {
        "assignee": "li", "candidate_users": (), "candidate_groups": (), "priority": 80,
        "due_at": None,
    }  # fmt: skip


def test_an_assignee_of_the_process_is_assigned_by_its_listeners() -> None:
    inside = user("a", assigned(assignee="li"), tasks(("creating", "x"), ("assigning", "y")))
    one = bench(one_step(inside)).start()
    with pytest.raises(Invalid):
        correct(one, assignee="wang")
    one.hear("a")
    assert task(one)["assignee"] is None
    assert headers(one)["assignee"] == "li"
    assert headers(one)["changedAttributes"] == '["assignee"]'
    correct(one, assignee="wang")
    assert task(one)["assignee"] == "wang"


def test_who_is_denied_does_not_get_the_task() -> None:
    one = bench(one_step(user("a", tasks(("assigning", "x"), ("assigning", "y"))))).start()
    assign(one, "li", "claim")
    assert headers(one)["action"] == "claim"
    correct(one, priority=99)
    assert headers(one)["changedAttributes"] == '["assignee","priority"]'
    with pytest.raises(Conflict):
        assign(one, "wang")
    one.act(lambda run: run.deny(one.listener("a"), "absent today"))
    assert task(one)["assignee"] is None
    assert task(one)["priority"] == 50
    denied = one.of(c.TaskChange)[-1]
    assert (denied.how, denied.event, denied.reason) == ("denied", "assigning", "absent today")
    assign(one, "wang")
    one.hear("a")
    one.hear("a")
    assert task(one)["assignee"] == "wang"
    assign(one, None, "unassign")
    one.hear("a")
    one.hear("a")
    assert task(one)["assignee"] is None


# -- updating and completing


def test_an_update_waits_for_its_listeners_and_brings_variables() -> None:
    one = bench(one_step(user("a", tasks(("updating", "x"))))).start()
    one.act(lambda run: run.update(one.task("a"), {"dueDate": "2026-03-05T09:00:00Z"}, {"n": 1}))
    assert one.variables() == {}
    correct(one, dueDate="")
    assert task(one)["due_at"] is None
    assert one.variables() == {"n": 1}
    one.act(lambda run: run.set_variables(one.task("a"), {"own": 1}, local=True))
    one.act(lambda run: run.deny(one.listener("a")))
    assert "own" not in one.run().variables(one.task("a"))
    one.act(lambda run: run.set_variables(one.task("a"), {"own": 2}, local=True))
    one.hear("a")
    assert one.run().variables(one.task("a"))["own"] == 2
    assert one.variables() == {"n": 1}


@pytest.mark.parametrize(
    "wrong",
    [{"assignee": 3}, {"priority": 101}, {"priority": "high"}, {"candidateUsers": "li"},
     {"dueDate": "soon"}, {"name": "x"}],
)  # fmt: skip
def test_a_wrong_correction_changes_nothing(wrong: dict[str, object]) -> None:
    one = bench(one_step(user("a", tasks(("completing", "x"))))).start()
    one.act(lambda run: run.complete(one.task("a"), {"v": 1}))
    with pytest.raises(Invalid) as refused:
        correct(one, **wrong)
    assert next(iter(wrong)) in refused.value.en
    one.hear("a")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"v": 1}


def test_only_task_listeners_correct() -> None:
    one = bench(one_step(user("a", listener("execution", "start")))).start()
    with pytest.raises(Conflict):
        correct(one, assignee="li")


def test_what_a_listener_runs_into_leaves_its_task_open() -> None:
    two = tasks(("completing", "check"), ("completing", "=kind"))
    one = bench(one_step(user("a", two))).start()
    one.act(lambda run: run.complete(one.task("a"), {"v": 1}))
    one.hear("a")
    (incident,) = one.incidents()
    assert [type(x).__name__ for x in one.open().values()] == ["TaskOpened"]
    assert incident.token != one.task("a")
    one.set({"kind": "check2"})
    one.retry()
    assert [x.type for x in one.of(c.JobOpened)] == ["check", "check2"]
    one.hear("a")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"v": 1, "kind": "check2"}


def test_a_first_listener_that_cannot_be_asked_is_an_incident_too() -> None:
    one = bench(one_step(user("a", tasks(("completing", "=kind"))))).start()
    one.complete("a")
    assert [x.kind for x in one.incidents()] == ["EXTRACT_VALUE_ERROR"]
    assert one.task("a")


def test_an_error_at_a_task_that_is_being_completed_calls_its_listeners_off() -> None:
    """Its incident stays open until the retry, which asks for the task anew."""
    one = bench(one_step(user("a", tasks(("completing", "check"))))).start()
    one.act(lambda run: run.complete(one.task("a"), {"v": 1}))
    token = one.task("a")
    one.act(lambda run: run.throw_error(token, "NO", "broken", {}))
    assert one.open() == {}
    assert [x.kind for x in one.incidents()] == ["UNHANDLED_ERROR_EVENT"]
    one.retry()
    one.complete("a")
    one.hear("a")
    assert one.ended() is not None


# -- canceling


CANCELING = tasks(("canceling", "x"), ("canceling", "y"))
INTERRUPTED = one_step(
    user("a", assigned(candidateGroups="night"), CANCELING), boundary("b", "a", message("m")),
    user("n"), end("e2"), flow("b", "n"), flow("n", "e2"),
)  # fmt: skip


def test_what_interrupts_a_task_goes_on_after_its_canceling_listeners() -> None:
    one = bench(INTERRUPTED).start({"case": 7})
    one.receive("b", {"why": "late"})
    assert [type(x).__name__ for x in one.open().values()] == ["JobOpened"]
    assert one.active() == []
    assert headers(one)["candidateGroups"] == '["night"]'
    with pytest.raises(Conflict):
        one.act(lambda run: run.deny(one.listener("a")))
    one.hear("a")
    job = one.of(c.JobOpened)[-1]
    assert (job.type, job.variables["case"]) == ("y", 7)
    one.hear("a")
    assert one.active() == ["n"]
    one.complete("n")
    ended = one.ended()
    assert ended is not None
    assert ended.variables["why"] == "late"


def test_a_task_that_is_done_is_not_cancelled_while_its_end_listener_runs() -> None:
    content = one_step(
        user("a", CANCELING, listener("execution", "end")), boundary("b", "a", message("m")),
        user("n"), end("e2"), flow("b", "n"), flow("n", "e2"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.receive("b")
    assert one.active() == ["n"]
    assert one.waits() == ["n"]


def test_an_instance_is_cancelled_after_its_canceling_listeners() -> None:
    one = bench(INTERRUPTED).start()
    one.act(lambda run: run.terminate("a mistake"))
    assert one.ended() is None
    with pytest.raises(Conflict):
        one.act(lambda run: run.terminate("again"))
    one.hear("a")
    correct(one, priority=10)
    ended = one.ended()
    assert ended is not None
    assert (ended.how, ended.error_message) == ("terminated", "a mistake")
    assert one.of(c.TaskChange)[-1].values == {"priority": 10}


def test_a_canceling_listener_that_fails_holds_the_end_until_the_retry() -> None:
    one = bench(one_step(user("a", tasks(("canceling", "=kind"))))).start()
    one.act(lambda run: run.terminate())
    (incident,) = one.incidents()
    assert incident.kind == "EXTRACT_VALUE_ERROR"
    assert one.ended() is None


def test_a_task_in_a_sub_process_is_heard_of_when_all_around_it_goes() -> None:
    inner = el("subProcess", "s", start("s2"), user("a", CANCELING), end("e2"), flows("s2 a e2"))
    content = definitions(
        MESSAGE,
        process(
            start(), inner, end(), flows("start s end"),
            event_sub("x", message("m"), user("n"), end("xe"), flows("x-start n xe")),
        ),
    )  # fmt: skip
    one = bench(content).start()
    one.receive("x-start")
    assert one.active() == []
    one.hear("a")
    one.hear("a")
    assert one.active() == ["n", "x"]
    one.complete("n")
    assert one.ended() is not None


def test_rounds_that_are_no_longer_needed_are_heard_of() -> None:
    content = one_step(
        user("a", CANCELING, inside=many("=[1, 2]").replace(
            "</bpmn:multi", "<bpmn:completionCondition>=true</bpmn:completionCondition></bpmn:multi"
        ))
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    assert one.ended() is None
    one.hear("a")
    one.hear("a")
    assert one.ended() is not None


def test_a_pending_task_can_be_cancelled_too() -> None:
    one = bench(one_step(user("a", tasks(("completing", "x"), ("canceling", "y"))))).start()
    one.complete("a")
    one.act(lambda run: run.terminate())
    assert [x.type for x in one.open().values() if isinstance(x, c.JobOpened)] == ["y"]
    one.hear("a")
    assert one.ended() is not None


# -- the process, headers


AROUND = ext(
    z(
        "executionListeners",
        z("executionListener", eventType="start", type="one"),
        z("executionListener", eventType="start", type="=second", retries="5"),
        z("executionListener", eventType="end", type="three"),
        z("executionListener", eventType="end", type="four"),
    )
)


def test_a_process_has_listeners_before_its_start_and_after_its_end() -> None:
    one = bench(definitions(process(AROUND, start(), user("a"), end(), flows("start a end"))))
    one.start({"x": 1})
    assert one.entered() == []
    one.hear("p", {"second": "two"})
    assert [(x.type, x.retries) for x in one.of(c.JobOpened)] == [("one", 3), ("two", 5)]
    one.hear("p")
    one.complete("a")
    assert one.ended() is None
    one.hear("p", {"seen": True})
    one.hear("p")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 1, "second": "two", "seen": True}


def test_a_listener_of_the_process_that_fails_is_repeated_alone() -> None:
    one = bench(definitions(process(AROUND, start(), user("a"), end(), flows("start a end"))))
    one.start()
    one.hear("p")
    assert [x.element_id for x in one.incidents()] == ["p"]
    one.set({"second": "two"})
    one.retry()
    one.throw("p", "NO")
    assert [x.kind for x in one.incidents()] == ["UNHANDLED_ERROR_EVENT"]
    one.retry()
    one.hear("p")
    assert one.active() == ["a"]
    assert [x.type for x in one.of(c.JobOpened)] == ["one", "two", "two"]


def test_a_message_is_not_waited_for_once_the_end_listeners_run() -> None:
    content = definitions(
        MESSAGE,
        process(
            AROUND.replace('eventType="start"', 'eventType="end"'), start(), end(),
            flows("start end"),
            event_sub("x", message("m"), user("n"), end("xe"), flows("x-start n xe")),
        ),
    )  # fmt: skip
    one = bench(content).start({"second": "two"})
    assert [type(x).__name__ for x in one.open().values()] == ["JobOpened"]


def test_a_terminate_end_event_ends_a_process_with_its_listeners() -> None:
    content = process(
        AROUND.replace('eventType="start"', 'eventType="end"'), start(), el("parallelGateway", "g"),
        user("a"), user("n"), end("e1", event("terminate")), end(),
        flows("start g a e1", "g n end"),
    )  # fmt: skip
    one = bench(definitions(content)).start({"second": "two"})
    one.complete("a")
    for _ in range(4):
        assert one.ended() is None
        one.hear("p")
    ended = one.ended()
    assert ended is not None
    assert ended.how == "completed"


def test_a_listeners_job_has_the_headers_of_its_element_and_its_own() -> None:
    told = z("taskHeaders", z("header", key="a", value="1"), z("header", key="b", value="1"))
    own = z("taskHeaders", z("header", key="b", value="2"))
    heard = z("executionListeners", z("executionListener", own, eventType="start", type="x"))
    one = bench(one_step(service("a", "t", told, heard))).start()
    assert headers(one) == {"a": "1", "b": "2"}
    one.hear("a")
    assert headers(one) == {"a": "1", "b": "1"}


def test_an_event_sub_process_has_listeners() -> None:
    both = z("executionListeners", z("executionListener", eventType="start", type="x"),
             z("executionListener", eventType="end", type="y"))  # fmt: skip
    content = definitions(
        MESSAGE,
        process(
            start(), user("a"), end(), flows("start a end"),
            event_sub("x", message("m"), ext(both), user("n"), end("xe"), flows("x-start n xe")),
        ),
    )  # fmt: skip
    one = bench(content).start()
    one.receive("x-start", {"why": 1})
    assert one.active() == ["x"]
    one.hear("x")
    one.complete("n")
    one.hear("x")
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"why": 1}
