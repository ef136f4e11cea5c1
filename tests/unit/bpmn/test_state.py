"""Saved states: lean, bound to their program, independent of history."""

from __future__ import annotations

import threading

import orjson
import pytest

from engine.bpmn import Run
from engine.errors import Invalid
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    flow,
    flows,
    process,
    start,
    timer,
    user,
)
from tests.unit.bpmn.harness import Bench, Clock, bench, program

LOOP = definitions(
    process(
        start(),
        el("exclusiveGateway", "again"),
        user("a"),
        boundary("late", "a", timer("duration", "PT1H"), interrupting=False),
        end("noted"),
        el("subProcess", "sub", start("s2"), user("b"), end("e2"), flows("s2 b e2")),
        el("exclusiveGateway", "ask", default="ask-end"),
        end(),
        flows("start again a sub ask end", "late noted"),
        flow("ask", "again", "=n < 2000"),
    )
)


def test_round_1000_costs_what_round_10_cost() -> None:
    prog, world = program(LOOP), Clock()
    run = Run.start(prog, {"n": 1000}, world)
    sizes, counts = {}, {}
    for turn in range(1, 1001):
        run = Run.restore(prog, run.save(), world)
        (token,) = [t for t, element in run.active() if element == "a"]
        run.complete(token, {"n": 1000 + turn % 7})
        run = Run.restore(prog, run.save(), world)
        (token,) = [t for t, element in run.active() if element == "b"]
        run.complete(token, {})
        sizes[turn], counts[turn] = len(run.save()), len(run.changes)
    assert sizes[1000] == sizes[10]
    assert counts[1000] == counts[10]


def test_a_long_chain_without_waits_runs_in_one_operation() -> None:
    names = [f"t{number}" for number in range(3000)]
    chain = definitions(
        process(start(), *(el("task", name) for name in names), end(),
                flows(" ".join(["start", *names, "end"])))
    )  # fmt: skip
    assert bench(chain).start().ended() is not None


def test_sub_processes_forty_deep() -> None:
    inside, chain = user("a"), "a"
    for level in range(40):
        begin, finish = f"s{level}", f"e{level}"
        path = flows(f"{begin} {chain} {finish}")
        chain = f"sub{level}"
        inside = el("subProcess", chain, start(begin), inside, end(finish), path)
    content = definitions(process(start(), inside, end(), flows("start sub39 end")))
    one = bench(content).start({"x": 1})
    assert len(one.active()) == 41
    one.complete("a", {"x": 2})
    ended = one.ended()
    assert ended is not None
    assert ended.variables == {"x": 2}


def test_the_state_has_no_specification_and_no_history() -> None:
    one = bench(LOOP).start({"n": 1})
    state = orjson.loads(one.state)
    assert sorted(state) == [
        "ended",
        "format",
        "inside",
        "locals",
        "process",
        "tokens",
        "variables",
    ]
    assert [name for _, name, _ in state["tokens"]] == ["a", "late"]


def test_a_state_of_another_program_is_refused() -> None:
    one = bench(LOOP).start({"n": 1})
    other = program(definitions(process(start(), user("x"), end(), flows("start x end"))))
    elsewhere = program(definitions(process(start(), end(), flows("start end"), id_="q")), "q")
    for wrong in (other, elsewhere):
        with pytest.raises(Invalid, match="not one of this version"):
            Run.restore(wrong, one.state, Clock())
    inner = definitions(
        process(start(), el("subProcess", "s", start("i"), user("a"), flows("i a")),
                flows("start s"))
    )  # fmt: skip
    deep = bench(inner).start()
    state = orjson.loads(deep.state)
    state["inside"][0][0] = "gone"
    with pytest.raises(Invalid):
        Run.restore(deep.program, orjson.dumps(state), Clock())
    for broken in (b"", b"{}", b"[1]", b"\xff", b'{"format":99,"process":"p"}'):
        with pytest.raises(Invalid):
            Run.restore(one.program, broken, Clock())


def test_runs_share_a_program_without_touching_each_other() -> None:
    prog = program(LOOP)
    before = {name: dict(vars(spec)) for name, spec in prog.spec.task_specs.items()}
    first = Bench(prog, Clock()).start({"n": 1, "who": "first"})
    second = Bench(prog, Clock()).start({"n": 5000, "who": "second"})
    first.complete("a")
    assert second.active() == ["a"]
    second.complete("a").complete("b")
    first.complete("b")
    assert second.ended() is not None
    assert first.active() == ["a"]
    assert first.variables()["who"] == "first"
    after = {name: dict(vars(spec)) for name, spec in prog.spec.task_specs.items()}
    assert after == before


def test_threads_share_a_program() -> None:
    prog = program(LOOP)
    failures: list[BaseException] = []

    def many(seed: int) -> None:
        try:
            for turn in range(20):
                one = Bench(prog, Clock()).start({"n": 9999, "seed": seed, "turn": turn})
                one.complete("a").complete("b")
                ended = one.ended()
                assert ended is not None
                assert ended.variables == {"n": 9999, "seed": seed, "turn": turn}
        except AssertionError as error:
            failures.append(error)

    threads = [threading.Thread(target=many, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "name", ["typename", "data", "tokens", "__class__", "Start", "End", "变量"]
)
def test_no_name_of_a_variable_or_element_is_special(name: str) -> None:
    content = definitions(process(start(), user(name), end("e"), flows(f"start {name} e")))
    one = bench(content).start({name: {"typename": "x", "typename2": [1]}})
    one.complete(name, {"typename": "y"})
    ended = one.ended()
    assert ended is not None
    assert ended.variables[name] == (
        "y" if name == "typename" else {"typename": "x", "typename2": [1]}
    )


def test_two_processes_of_one_file() -> None:
    content = definitions(
        process(start(), user("a"), end(), flows("start a end"), id_="one"),
        process(start("s2"), user("b"), end("e2"), flows("s2 b e2"), id_="two"),
    )
    assert Bench(program(content, "one"), Clock()).start().active() == ["a"]
    assert Bench(program(content, "two"), Clock()).start().active() == ["b"]


def test_variables_nested_too_deep_are_refused() -> None:
    deep: object = 1
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(Invalid, match="cannot be stored"):
        bench(LOOP).start({"n": 1, "deep": deep})
