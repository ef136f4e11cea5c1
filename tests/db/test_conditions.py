"""Processes that a set of variables starts."""

from __future__ import annotations

import pytest

from engine import Engine, conditions
from engine.errors import Invalid
from engine.model import Json
from engine.tables import instances
from tests.db.play import Play, mine
from tests.unit.bpmn.drawing import condition, definitions, end, flows, process, start, user


def waiting_for(text: str, id_: str = "p") -> bytes:
    return definitions(
        process(start("go", condition(text)), user("a", mine()), end(), flows("go a end"), id_=id_)
    )


def evaluate(engine: Engine, variables: Json, process_id: str | None = None) -> int:
    with engine.unit("rest") as unit:
        return len(conditions.evaluate(unit, variables, process_id))


def test_what_makes_the_condition_true_starts_the_process(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": waiting_for("=level > 3"), "q.bpmn": waiting_for("=level > 5", "q")})
    assert evaluate(engine, {"level": 3}) == 0
    assert evaluate(engine, {"other": 9}) == 0
    assert evaluate(engine, {"level": 4}) == 1
    assert play.variables(play.row(instances).key) == {"level": 4}
    assert evaluate(engine, {"level": 6}) == 2
    assert evaluate(engine, {"level": 6}, "q") == 1


def test_a_new_version_listens_alone(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": waiting_for("=level > 3")})
    play.deploy({"p.bpmn": waiting_for("=level > 4")})
    assert evaluate(engine, {"level": 4}) == 0
    assert evaluate(engine, {"level": 5}) == 1


def test_variables_must_be_json(engine: Engine) -> None:
    with pytest.raises(Invalid):
        evaluate(engine, {"x": object()})
