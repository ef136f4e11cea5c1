"""Variables: Zeebe's scope and mapping rules."""

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
    script,
    service,
    start,
    user,
    z,
)
from tests.unit.bpmn.harness import bench


def single(*extensions: str) -> bytes:
    return definitions(
        process(start(), service("a", "work", *extensions), end(), flows("start a end"))
    )


def test_without_mappings_a_result_goes_to_the_process() -> None:
    one = bench(single()).start({"x": 1})
    one.complete("a", {"x": 2, "y": {"z": [1]}})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 2, "y": {"z": [1]}}
    assert one.of(c.VariablesChanged)[-1] == c.VariablesChanged("", {"x": 2, "y": {"z": [1]}})


def test_inputs_are_local_and_see_each_other_in_order() -> None:
    one = bench(single(io({"a.b": "=x + 1", "a.c": "=a.b * 10", "x": "=a.c"}))).start({"x": 1})
    assert one.variables("a") == {"a": {"b": 2, "c": 20}, "x": 20}
    assert one.variables() == {"x": 1}
    assert one.of(c.JobOpened)[0].variables == {"a": {"b": 2, "c": 20}, "x": 20}


def test_a_result_named_like_an_input_stays_local() -> None:
    one = bench(single(io({"x": "=1"}))).start({"x": 0})
    one.complete("a", {"x": 5, "new": 6})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 0, "new": 6}


def test_outputs_let_out_only_what_they_name() -> None:
    one = bench(single(io(outputs={"total": "=n + 1", "customer.level": "=lv"})))
    one.start({"customer": {"name": "张三"}, "kept": 1})
    one.complete("a", {"n": 1, "lv": "金", "secret": 1})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {
        "customer": {"name": "张三", "level": "金"},
        "kept": 1,
        "total": 2,
    }


def test_a_path_adds_to_the_value_that_is_visible() -> None:
    outputs = {"case.level": "=lv", "case.seen": "=case.level"}
    one = bench(single(io({"own.a": "=own.b + 1", "copy": "=own"}, outputs)))
    one.start({"own": {"b": 1}, "case": {"number": "TS1"}})
    assert one.variables("a")["own"] == {"a": 2}
    assert one.variables("a")["copy"] == {"b": 1, "a": 2}
    one.complete("a", {"lv": "金"})
    ended = one.ended()
    assert ended is not None
    assert ended.variables["case"] == {"number": "TS1", "level": "金", "seen": "金"}
    assert ended.variables["own"] == {"b": 1}


def test_static_text_without_equals_sign_is_a_string() -> None:
    one = bench(single(io({"to": "网络部", "n": "5"}))).start()
    assert one.variables("a") == {"to": "网络部", "n": "5"}


def nested(*extensions: str) -> bytes:
    return definitions(
        process(
            start(),
            el(
                "subProcess",
                "sub",
                ext(*extensions) if extensions else "",
                start("s2"),
                user("a"),
                user("b"),
                end("e2"),
                flows("s2 a b e2"),
            ),
            user("after"),
            end(),
            flows("start sub after end"),
        )
    )


def test_a_result_goes_to_the_innermost_scope_that_has_the_variable() -> None:
    one = bench(nested(io({"draft": "=null"}, {"final": "=draft"}))).start({"x": 1})
    one.complete("a", {"draft": "text", "x": 2, "fresh": 3})
    assert one.variables("b") == {"draft": "text", "x": 2, "fresh": 3}
    assert one.variables() == {"x": 2, "fresh": 3}
    one.complete("b")
    assert one.variables() == {"x": 2, "fresh": 3, "final": "text"}


def test_a_sub_process_without_mappings_adds_no_scope() -> None:
    one = bench(nested()).start()
    one.complete("a", {"x": 1})
    assert one.variables() == {"x": 1}


def test_set_variables_reaches_the_scope_that_has_it_or_stays_local() -> None:
    one = bench(nested(io({"draft": "=1"}))).start({"x": 1})
    token = one.wait("a")
    one.set({"draft": 2, "x": 3, "new": 4}, token)
    assert one.variables() == {"x": 3, "new": 4}
    assert one.variables("a")["draft"] == 2
    one.act(lambda run: run.set_variables(token, {"x": "mine"}, local=True))
    assert one.variables("a")["x"] == "mine"
    assert one.variables()["x"] == 3


def test_a_failing_input_mapping_is_an_incident_and_can_be_retried() -> None:
    one = bench(single(io({"n": "=assert(x, x != null)"}))).start()
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("a", "IO_MAPPING_ERROR")
    assert one.waits() == []
    one.set({"x": 1})
    one.retry()
    assert one.variables("a") == {"x": 1, "n": 1}


def test_a_failing_output_mapping_keeps_the_result_and_can_be_retried() -> None:
    one = bench(single(io(outputs={"n": "=assert(y, y != null)"}))).start()
    one.complete("a", {"x": 7})
    (incident,) = one.incidents()
    assert incident.kind == "IO_MAPPING_ERROR"
    assert one.waits() == []
    assert one.variables() == {}
    assert one.run().variables(incident.token) == {"x": 7}
    one.set({"y": 1})
    one.retry()
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"y": 1, "n": 1}


def test_a_computed_number_beyond_64_bits_is_kept_as_a_decimal() -> None:
    one = bench(
        definitions(process(start(), script("a", "x", "=10**30"), end(), flows("start a end")))
    ).start()
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 1e30}


def test_call_activity_passes_all_or_only_its_inputs() -> None:
    def calling(*extensions: str, **attributes: str) -> bytes:
        called = z("calledElement", processId="=which", **attributes)
        return definitions(
            process(
                start(),
                el("callActivity", "call", ext(called, *extensions)),
                end(),
                flows("start call end"),
            )
        )

    given = {"which": "child", "x": 1}
    everything = bench(calling(io({"y": "=x + 1"}))).start(given)
    assert everything.of(c.Called)[0].variables == {**given, "y": 2}
    some = bench(calling(io({"y": "=x + 1"}), propagateAllParentVariables="false")).start(given)
    assert some.of(c.Called)[0].variables == {"y": 2}
    assert some.of(c.Called)[0].process_id == "child"


def test_call_activity_takes_back_all_or_nothing_or_what_is_mapped() -> None:
    def ends(attributes: dict[str, str], *extensions: str) -> object:
        called = z("calledElement", processId="child", **attributes)
        one = bench(
            definitions(
                process(
                    start(),
                    el("callActivity", "call", ext(called, *extensions)),
                    end(),
                    flows("start call end"),
                )
            )
        ).start({"x": 1})
        one.complete("call", {"x": 2, "y": 3})
        ended = one.ended()
        assert ended is not None
        return ended.variables

    nothing = {"propagateAllChildVariables": "false"}
    assert ends({}) == {"x": 2, "y": 3}
    assert ends(nothing) == {"x": 1}
    assert ends(nothing, io(outputs={"z": "=y"})) == {"x": 1, "z": 3}
    assert ends({}, io(outputs={"z": "=y"})) == {"x": 1, "z": 3}


def test_error_thrown_by_a_child_is_caught_at_its_call_activity() -> None:
    content = definitions(
        el("error", "e", errorCode="NO"),
        process(
            start(),
            el("callActivity", "call", ext(z("calledElement", processId="child"))),
            boundary("no", "call", event("error", "e")),
            user("fix"),
            end(),
            flows("start call end", "no fix"),
        ),
    )
    one = bench(content).start()
    assert one.program.catches_error("call", "NO")
    assert not one.program.catches_error("call", "OTHER")
    one.throw("call", "NO", {"why": 1})
    assert one.active() == ["fix"]
    assert one.variables() == {}


def test_escalation_of_a_child_at_its_call_activity() -> None:
    content = definitions(
        process(
            start(),
            el("callActivity", "call", ext(z("calledElement", processId="child"))),
            boundary("up", "call", event("escalation"), interrupting=False),
            user("boss"),
            end(),
            flows("start call end", "up boss"),
        )
    )
    one = bench(content).start()
    token = one.wait("call")
    one.act(lambda run: run.escalate(token, "LATE", {"n": 1}))
    assert one.active() == ["boss", "call"]
    assert one.variables() == {"n": 1}


def test_a_called_process_that_is_missing_is_an_incident_and_retry_calls_again() -> None:
    content = definitions(
        process(
            start(),
            el("callActivity", "call", ext(z("calledElement", processId="child"))),
            end(),
            flows("start call end"),
        )
    )
    one = bench(content).start()
    token = one.wait("call")
    one.act(lambda run: run.fail(token, "CALLED_ELEMENT_ERROR", "没有流程 child。", "No child."))
    assert one.waits() == []
    assert [x.kind for x in one.incidents()] == ["CALLED_ELEMENT_ERROR"]
    one.retry()
    assert one.waits() == ["call"]
