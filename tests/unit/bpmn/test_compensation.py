"""Compensation: what is undone, in which order, with which variables; transactions."""

from __future__ import annotations

import pytest

from tests.unit.bpmn.drawing import (
    ad_hoc,
    again,
    boundary,
    compensate,
    definitions,
    el,
    end,
    event,
    event_sub,
    ext,
    flow,
    flows,
    io,
    many,
    process,
    service,
    signal,
    start,
    throw,
    undoing,
    user,
)
from tests.unit.bpmn.harness import Bench, bench

COMMON = el("signal", "sig", name="alarm") + el("error", "e", name="refused", errorCode="NO")


def file(*content: str) -> bytes:
    return definitions(COMMON, process(*content))


def undone(one: Bench, *order: str) -> None:
    """The handlers run one after the other, in this order."""
    for handler in order:
        assert [name for name in one.waits() if name.startswith("h")] == [handler]
        one.complete(handler)


THREE = "".join(user(name) + undoing(name, f"h{name}") for name in "abc")


def test_handlers_run_in_reverse_order_of_completion() -> None:
    content = file(
        start(), el("parallelGateway", "g"), THREE, el("parallelGateway", "j"),
        throw("t", compensate()), user("z"), end(),
        flows("start g a j t z end", "g b j", "g c j"),
    )  # fmt: skip
    one = bench(content).start()
    for name in "bca":
        one.complete(name)
    undone(one, "ha", "hc", "hb")
    assert one.active() == ["z"]


def test_only_what_has_completed_is_undone_and_only_once() -> None:
    content = file(
        start(), el("parallelGateway", "g"), THREE, throw("t", compensate()),
        throw("t2", compensate()), user("z"), end(), end("e2"),
        flows("start g a t t2 z end", "g b e2", "c e2").replace('"c-e2"', '"c-e2"'),
        flow("g", "c"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    undone(one, "ha")
    assert one.active() == ["b", "c", "z"]
    one.complete("b")
    one.complete("z")
    assert one.active() == ["c"]


def test_an_activity_completed_twice_is_undone_twice() -> None:
    content = file(
        start(), el("exclusiveGateway", "m"), user("a") + undoing("a", "h"),
        el("exclusiveGateway", "again", default="again-t"), throw("t", compensate("a")), end(),
        flows("start m a again t end"), flow("again", "m", "=more"),
    )  # fmt: skip
    one = bench(content).start({"more": True})
    one.complete("a")
    one.complete("a", {"more": False})
    undone(one, "h", "h")
    assert one.ended() is not None


def test_one_activity_is_undone_by_name() -> None:
    content = file(
        start(), THREE, throw("t", compensate("b")), end("last", compensate()),
        flows("start a b c t last"),
    )  # fmt: skip
    one = bench(content).start()
    for name in "abc":
        one.complete(name)
    undone(one, "hb", "hc", "ha")
    ended = one.ended()
    assert ended is not None
    assert ended.how == "completed"


def test_a_sub_process_is_undone_with_the_variables_it_had() -> None:
    inner = el(
        "subProcess", "sub", ext(io({"n": "=count"})), start("s2"),
        user("a", io(outputs={"n": "=n + 1"})) + undoing("a", "h"), end("e2"), flows("s2 a e2"),
    )  # fmt: skip
    content = file(start(), inner, user("b"), throw("t", compensate()), end(),
                   flows("start sub b t end"))  # fmt: skip
    one = bench(content).start({"count": 1})
    one.complete("a")
    one.complete("b", {"n": 99, "count": 50})
    assert one.variables("h") == {"count": 50, "n": 2}
    assert one.active() == ["h", "sub", "t"]
    undone(one, "h")
    assert one.ended() is not None


def test_each_round_of_a_sub_process_is_undone_with_its_own_item() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), end("e2"),
        flows("s2 a e2"), many("=[10, 20]", inputElement="item", sequential=True),
    )  # fmt: skip
    one = bench(file(start(), inner, throw("t", compensate("sub")), end(),
                     flows("start sub t end"))).start()  # fmt: skip
    one.complete("a")
    one.complete("a")
    assert one.variables("h")["item"] == 20
    one.complete("h")
    assert one.variables("h")["item"] == 10
    one.complete("h")
    assert one.ended() is not None


def test_a_handler_of_the_sub_process_itself_goes_before_those_inside() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), end("e2"),
        flows("s2 a e2"),
    )  # fmt: skip
    one = bench(file(start(), inner, undoing("sub", "hsub"), throw("t", compensate()), end(),
                     flows("start sub t end"))).start()  # fmt: skip
    one.complete("a")
    undone(one, "hsub")
    assert one.ended() is not None


def test_a_compensation_event_sub_process_decides_what_is_undone() -> None:
    inner = el(
        "subProcess", "sub", ext(io({"own": "=7"})), start("s2"),
        user("a") + undoing("a", "h"), end("e2"), flows("s2 a e2"),
        event_sub("x", compensate(), user("hx"), throw("t2", compensate()), end("xe"),
                  flows("x-start hx t2 xe")),
    )  # fmt: skip
    one = bench(file(start(), inner, throw("t", compensate()), end(),
                     flows("start sub t end"))).start()  # fmt: skip
    one.complete("a")
    assert one.variables("hx") == {"own": 7}
    undone(one, "hx", "h")
    assert one.ended() is not None


def test_what_did_not_complete_as_a_whole_is_not_undone_from_outside() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), user("b"), end("e2"),
        flows("s2 a b e2"),
    )  # fmt: skip
    content = file(
        start(), inner, boundary("s", "sub", signal("sig")), throw("t", compensate()), end(),
        end("e3"), flows("start sub end", "s t e3"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.receive("s")
    assert one.ended() is not None
    assert "h" not in one.entered()


def test_an_event_sub_process_undoes_the_scope_around_it() -> None:
    content = file(
        start(), user("a") + undoing("a", "h"), user("b"), end(), flows("start a b end"),
        event_sub("x", signal("sig"), throw("t", compensate("a")), end("xe"),
                  flows("x-start t xe")),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.receive("x-start")
    assert one.active() == ["h", "t", "x"]
    undone(one, "h")
    assert one.ended() is not None


AT_ONCE = compensate().replace("/>", ' waitForCompletion="false"/>')


def test_who_does_not_wait_for_the_compensation_goes_on_beside_it() -> None:
    content = file(
        start(), user("a") + undoing("a", "ha"), user("b") + undoing("b", "hb"),
        throw("t", AT_ONCE), user("z"), end(), flows("start a b t z end"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.complete("b")
    assert one.active() == ["hb", "z"]
    one.complete("z")
    assert one.ended() is None
    undone(one, "hb", "ha")
    assert one.ended() is not None


def test_a_scope_ends_when_the_compensation_that_nobody_waits_for_has() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), end("t", AT_ONCE),
        flows("s2 a t"),
    )  # fmt: skip
    one = bench(file(start(), inner, boundary("s", "sub", signal("sig")), user("z"), end(),
                     end("e3"), flows("start sub z end", "s e3"))).start()  # fmt: skip
    one.complete("a")
    assert one.active() == ["h", "sub"]
    one.complete("h")
    assert one.active() == ["z"]


def test_a_compensation_that_nobody_waits_for_is_cancelled_with_its_scope() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), throw("t", AT_ONCE),
        user("b"), end("e2"), flows("s2 a t b e2"),
    )  # fmt: skip
    one = bench(file(start(), inner, boundary("s", "sub", signal("sig")), end(), end("e3"),
                     flows("start sub end", "s e3"))).start()  # fmt: skip
    one.complete("a")
    assert one.waits() == ["b", "h", "s"]
    one.receive("s")
    assert one.ended() is not None


def test_nothing_to_undo_without_waiting_leaves_nothing_behind() -> None:
    one = bench(file(start(), user("a") + undoing("a", "h"), throw("t", AT_ONCE), end(),
                     flows("start t a end"))).start()  # fmt: skip
    one.complete("a")
    assert one.ended() is not None


def test_a_cancelled_throw_takes_its_handler_with_it() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"),
        throw("t", compensate()), end("e2"), flows("s2 a t e2"),
    )  # fmt: skip
    one = bench(file(start(), inner, boundary("s", "sub", signal("sig")), end(), end("e3"),
                     flows("start sub end", "s e3"))).start()  # fmt: skip
    one.complete("a")
    assert one.waits() == ["h", "s"]
    one.receive("s")
    assert one.ended() is not None


TRANSACTION = el(
    "transaction", "tx", start("s2"), el("parallelGateway", "g"),
    user("a") + undoing("a", "ha"), user("b") + undoing("b", "hb"), user("c"),
    end("x", event("cancel")), end("e2"), end("e3"),
    flows("s2 g a x", "g b e2", "g c e3"),
)  # fmt: skip


def transaction() -> Bench:
    return bench(
        file(
            start(), TRANSACTION, boundary("b0", "tx", event("cancel")),
            boundary("b1", "tx", event("error", "e")), user("lost"), user("failed"), end(),
            flows("start tx end", "b0 lost", "b1 failed"),
        )
    ).start()  # fmt: skip


def test_a_cancelled_transaction_is_undone_then_left_by_its_boundary_event() -> None:
    one = transaction()
    one.complete("b")
    one.complete("a")
    assert one.active() == ["ha", "tx", "x"]
    undone(one, "ha", "hb")
    assert one.active() == ["lost"]


def test_a_cancelled_transaction_with_nothing_to_undo_is_left_at_once() -> None:
    content = file(
        start(), el("transaction", "tx", start("s2"), user("a"), end("x", event("cancel")),
                    flows("s2 a x")),
        boundary("b0", "tx", event("cancel")), user("lost"), end(),
        flows("start tx end", "b0 lost"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    assert one.active() == ["lost"]


def test_an_incident_of_a_handler_holds_the_compensation_until_it_is_resolved() -> None:
    content = file(
        start(), user("a") + undoing("a", "h", service("h", "=kind")),
        throw("t", compensate()), end(), flows("start a t end"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    (incident,) = one.incidents()
    assert incident.element_id == "h"
    one.set({"kind": "undo"})
    one.retry()
    one.complete("h")
    assert one.ended() is not None


def test_the_inner_instances_of_an_ad_hoc_sub_process_are_undone_one_by_one() -> None:
    inner = ad_hoc(
        "sub", user("a", io({"n": "=1"})), undoing("a", "ha"), user("b"), undoing("b", "hb"),
        activeElementsCollection='=["a", "b"]',
    )  # fmt: skip
    content = file(
        start(), inner, boundary("s", "sub", signal("sig")), throw("t", compensate("sub")), end(),
        end("e2"), flows("start sub t end", "s e2"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("b")
    one.complete("a")
    assert one.active() == ["ha", "t"]
    undone(one, "ha", "hb")
    assert one.ended() is not None
    stopped = bench(content).start()
    stopped.complete("b")
    stopped.receive("s")
    assert stopped.ended() is not None
    assert "hb" not in stopped.entered()


def undone_sub(*events: str, path: str = "") -> Bench:
    """A sub-process with these boundary events has completed and is being undone."""
    inner = el("subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), end("e2"),
               flows("s2 a e2"))  # fmt: skip
    content = file(
        start(), inner, *events, throw("t", compensate()), user("b"), end(),
        flows("start sub t b end", path),
    )  # fmt: skip
    return bench(content).start().complete("a")


def test_the_boundary_events_of_what_is_undone_listen_no_more() -> None:
    one = undone_sub(boundary("s", "sub", signal("sig")), end("e3"), path="s e3")
    assert one.waits() == ["h"]
    undone(one, "h")
    assert one.active() == ["b"]


def test_an_error_of_a_handler_is_not_caught_by_what_has_completed() -> None:
    one = undone_sub(boundary("s", "sub", event("error", "e")), end("e3"), path="s e3")
    one.throw("h", "NO")
    (incident,) = one.incidents()
    assert (incident.element_id, incident.kind) == ("h", "UNHANDLED_ERROR_EVENT")
    one.retry()
    undone(one, "h")
    assert one.active() == ["b"]


def test_an_event_sub_process_of_what_has_completed_catches_no_error_of_a_handler() -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), end("e2"),
        flows("s2 a e2"),
        event_sub("x", event("error", "e"), user("u"), end("xe"), flows("x-start u xe")),
    )  # fmt: skip
    around = el("subProcess", "outer", start("s1"), inner, throw("t", compensate()), end("e1"),
                flows("s1 sub t e1"))  # fmt: skip
    content = file(start(), around, boundary("b", "outer", event("error", "e")), user("n"), end(),
                   flows("start outer end", "b n"))  # fmt: skip
    one = bench(content).start().complete("a")
    one.throw("h", "NO")
    assert one.active() == ["n"]


def test_a_repeated_ad_hoc_sub_process_with_a_handler_is_undone_by_it_alone() -> None:
    inner = ad_hoc(
        "sub", user("a"), undoing("a", "ha"), many("=[1, 2]", sequential=True),
        activeElementsCollection='=["a"]',
    )  # fmt: skip
    content = file(start(), inner, undoing("sub", "hsub"), throw("t", compensate("sub")), end(),
                   flows("start sub t end"))  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.complete("a")
    undone(one, "hsub")
    assert one.ended() is not None


def test_what_a_handler_does_cannot_be_undone() -> None:
    inside = user("b") + undoing("b", "hb")
    rounds = many("=[1]", sequential=True)
    handlers = (
        ad_hoc("h", inside, activeElementsCollection='=["b"]'),
        ad_hoc("h", inside, rounds, activeElementsCollection='=["b"]'),
        el("subProcess", "h", start("s2"), inside, end("e2"), flows("s2 b e2"), rounds),
    )
    for handler in handlers:
        content = file(
            start(), user("a") + undoing("a", "h", handler), throw("t", compensate()),
            throw("t2", compensate()), end(), flows("start a t t2 end"),
        )  # fmt: skip
        one = bench(content).start()
        one.complete("a")
        one.complete("b")
        assert one.ended() is not None
        assert "hb" not in one.entered()


@pytest.mark.parametrize("rounds", [many("=[10, 20]", sequential=True), again("=true")])
def test_rounds_are_undone_only_when_all_of_them_have_completed(rounds: str) -> None:
    inner = el(
        "subProcess", "sub", start("s2"), user("a") + undoing("a", "h"), end("e2"),
        flows("s2 a e2"), rounds,
    )  # fmt: skip
    content = file(
        start(), inner, boundary("s", "sub", signal("sig")), throw("t", compensate()), end(),
        end("e3"), flows("start sub end", "s t e3"),
    )  # fmt: skip
    one = bench(content).start()
    one.complete("a")
    one.receive("s")
    assert one.ended() is not None
    assert "h" not in one.entered()
