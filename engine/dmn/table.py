"""Decision tables (DMN 1.5 §8): matching rules and hit policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.dmn import elements as dmn
from engine.dmn.index import Column
from engine.dmn.texts import Closure, Place, Texts, fitted
from engine.dmn.trace import Problem, Trace
from engine.feel.calls import invoke
from engine.feel.compare import equal
from engine.feel.constants import NotConstant, constant_value
from engine.feel.functions import BUILTINS
from engine.feel.scope import Frame
from engine.feel.text import short_text
from engine.feel.types import Type
from engine.feel.values import Value

HIT_POLICIES = frozenset(
    {"UNIQUE", "FIRST", "PRIORITY", "ANY", "COLLECT", "RULE ORDER", "OUTPUT ORDER"}
)
AGGREGATIONS = frozenset({"", "SUM", "MIN", "MAX", "COUNT"})


@dataclass(frozen=True, slots=True)
class _Input:
    label: str
    value: Closure
    type: Type | None
    allowed: Column | None
    allowed_text: str
    id: str


@dataclass(frozen=True, slots=True)
class _Output:
    name: str
    default: Closure | None
    priorities: Closure | None


class Table:
    """A compiled table. ``evaluate`` is its closure."""

    def __init__(self, texts: Texts, box: dmn.DecisionTable) -> None:
        self._box = box
        self._inputs = [_input(texts, item) for item in box.inputs]
        self._columns = [_column(texts, box, number) for number in range(len(box.inputs))]
        self._outputs = [_output(texts, item) for item in box.outputs]
        self._rows = [_row(texts, box, index, rule) for index, rule in enumerate(box.rules, 1)]
        self._all = (1 << len(box.rules)) - 1
        self._policy = _POLICIES.get(box.hit_policy, Table._unknown)

    @property
    def columns(self) -> list[tuple[Column, Column | None]]:
        """Of each input its cells and, as a column of one, its allowed values."""
        allowed = [item.allowed for item in self._inputs]
        return list(zip(self._columns, allowed, strict=True))

    def evaluate(self, frame: Frame) -> Value:
        values = self._values(frame)
        if values is None:
            return None
        hits = self._hits(values, frame)
        self._note(hits, frame)
        return self._policy(self, hits, frame) if hits else self._nothing(frame)

    def _values(self, frame: Frame) -> list[Value] | None:
        """The value of each input; None if one is not allowed."""
        values: list[Value] = []
        shown: dict[str, Value] = {}
        valid = True
        for item in self._inputs:
            value = item.value(frame)
            if item.type is not None:
                value = fitted(value, item.type, frame, item.id)
            values.append(value)
            shown[item.label] = value
            valid = valid and self._allowed(item, value, frame)
        if isinstance(frame.meter, Trace):
            frame.meter.inputs(shown)
        return values if valid else None

    def _allowed(self, item: _Input, value: Value, frame: Frame) -> bool:
        if item.allowed is None or value is None:
            return True
        for each in value if type(value) is list else [value]:
            if not _passes(item.allowed, each, frame):
                shown = short_text(each, 60)
                self._report(
                    frame, "input-value",
                    f"输入“{item.label}”的值 {shown} 不在允许值 {item.allowed_text} 之内。",
                    f"The input {item.label!r} is {shown}, not one of {item.allowed_text}.",
                )  # fmt: skip
                return False
        return True

    def _hits(self, values: Sequence[Value], frame: Frame) -> list[int]:
        """The rules that match, counted from 0, in order."""
        rules = self._all
        unsure: list[tuple[int, Column, Value]] = []
        for column, value in zip(self._columns, values, strict=True):
            found = column.find(value)
            if found is None:
                unsure.append((self._all, column, value))
                continue
            rules &= found
            if column.open & rules:
                unsure.append((column.open, column, value))
        first = self._box.hit_policy == "FIRST"
        hits: list[int] = []
        while rules:
            bit = rules & -rules
            rules ^= bit
            number = bit.bit_length() - 1
            if all(_matches(open_, bit, column, number, value, frame)
                   for open_, column, value in unsure):  # fmt: skip
                hits.append(number)
                if first:
                    break
        return hits

    def _note(self, hits: Sequence[int], frame: Frame) -> None:
        meter = frame.meter
        if not isinstance(meter, Trace):
            return
        matched = [(number, self._box.rules[number]) for number in hits]
        meter.rules(
            [
                {"index": number + 1, "id": rule.id, "annotation": rule.annotation}
                for number, rule in matched
            ]
        )

    def _report(self, frame: Frame, slug: str, zh: str, en: str, *, fatal: bool = True) -> None:
        if isinstance(frame.meter, Trace):
            frame.meter.problem(Problem(slug, zh, en, self._box.id, fatal))

    # results

    def _result(self, number: int, frame: Frame) -> Value:
        cells = self._rows[number]
        if len(cells) == 1:
            return cells[0](frame)
        return {output.name: cell(frame) for output, cell in zip(self._outputs, cells, strict=True)}

    def _results(self, hits: Sequence[int], frame: Frame) -> list[Value]:
        return [self._result(number, frame) for number in hits]

    def _nothing(self, frame: Frame) -> Value:
        """The value when no rule matches."""
        if any(output.default for output in self._outputs):
            values = [output.default(frame) if output.default else None for output in self._outputs]
            if len(values) == 1:
                return values[0]
            names = (output.name for output in self._outputs)
            return dict(zip(names, values, strict=True))
        if self._box.hit_policy in ("RULE ORDER", "OUTPUT ORDER", "COLLECT"):
            if self._box.aggregation == "COUNT":
                return Decimal(0)
            return None if self._box.aggregation else []
        self._report(frame, "no-match", "没有规则符合这些输入。", "No rule matches these inputs.",
                     fatal=False)  # fmt: skip
        return None

    def _unique(self, hits: Sequence[int], frame: Frame) -> Value:
        if len(hits) > 1:
            numbers = _numbers(hits)
            self._report(
                frame, "overlap",
                f"命中策略是 UNIQUE，但规则 {numbers} 同时符合。",
                f"The hit policy is UNIQUE but rules {numbers} all match.",
            )  # fmt: skip
            return None
        return self._result(hits[0], frame)

    def _any(self, hits: Sequence[int], frame: Frame) -> Value:
        results = self._results(hits, frame)
        if any(equal(results[0], other) is not True for other in results[1:]):
            numbers = _numbers(hits)
            self._report(
                frame, "disagreement",
                f"命中策略是 ANY，但规则 {numbers} 的结果不同。",
                f"The hit policy is ANY but rules {numbers} give different results.",
            )  # fmt: skip
            return None
        return results[0]

    def _first(self, hits: Sequence[int], frame: Frame) -> Value:
        return self._result(hits[0], frame)

    def _ordered(self, hits: Sequence[int], frame: Frame) -> list[Value]:
        """The results by the priority of their values."""
        orders = [output.priorities(frame) if output.priorities else None
                  for output in self._outputs]  # fmt: skip

        def rank(result: Value) -> list[int]:
            cells = [result] if len(orders) == 1 else list(result.values())
            return [_position(cell, order) for cell, order in zip(cells, orders, strict=True)]

        return sorted(self._results(hits, frame), key=rank)

    def _priority(self, hits: Sequence[int], frame: Frame) -> Value:
        return self._ordered(hits, frame)[0]

    def _collect(self, hits: Sequence[int], frame: Frame) -> Value:
        results: list[Value] = self._results(hits, frame)
        aggregation = self._box.aggregation
        if not aggregation:
            return results
        if aggregation == "COUNT":
            return Decimal(len(results))
        if len(self._outputs) == 1:
            return self._aggregated(aggregation, results, frame)
        return {
            output.name: self._aggregated(
                aggregation, [result[output.name] for result in results], frame
            )
            for output in self._outputs
        }

    def _aggregated(self, aggregation: str, results: list[Value], frame: Frame) -> Value:
        value = invoke(BUILTINS[aggregation.lower()], [results], None, frame.meter)
        if value is None:
            self._report(
                frame, "aggregation",
                f"{aggregation} 不能用于这些结果：{short_text(results, 80)}。",
                f"{aggregation} is not defined for {short_text(results, 80)}.",
            )  # fmt: skip
        return value

    def _unknown(self, hits: Sequence[int], frame: Frame) -> Value:
        return None


_POLICIES: dict[str, Callable[[Table, Sequence[int], Frame], Value]] = {
    "UNIQUE": Table._unique,
    "ANY": Table._any,
    "FIRST": Table._first,
    "PRIORITY": Table._priority,
    "OUTPUT ORDER": Table._ordered,
    "RULE ORDER": Table._results,
    "COLLECT": Table._collect,
}


def _input(texts: Texts, item: dmn.Input) -> _Input:
    wanted = texts.types.named(item.type_ref)
    place = Place(item.line, item.id, f"输入列“{item.label}”", f"input {item.label!r}")
    allowed = texts.tests(item.values, place, wanted)
    return _Input(
        item.label,
        texts.expression(item.expression, place, wanted),
        wanted,
        Column([allowed]) if allowed is not None else None,
        item.values,
        item.id,
    )


def _column(texts: Texts, box: dmn.DecisionTable, number: int) -> Column:
    item = box.inputs[number]
    subject = texts.types.named(item.type_ref)
    cells = [
        texts.tests(rule.inputs[number], _place(index, rule, item.label), subject)
        for index, rule in enumerate(box.rules, 1)
    ]
    return Column(cells)


def _output(texts: Texts, item: dmn.Output) -> _Output:
    wanted = texts.types.named(item.type_ref)
    place = Place(item.line, item.id, f"输出列“{item.label}”", f"output {item.label!r}")
    default = texts.expression(item.default, place, wanted) if item.default else None
    if default is not None:
        default = texts.typed(default, item.type_ref, item.id)
    order = texts.expression(f"[{item.values}]", place) if item.values else None
    return _Output(item.name, default, order)


def _row(texts: Texts, box: dmn.DecisionTable, index: int, rule: dmn.Rule) -> list[Closure]:
    return [
        _cell(texts, text, output, _place(index, rule, output.label))
        for text, output in zip(rule.outputs, box.outputs, strict=True)
    ]


def _cell(texts: Texts, text: str, output: dmn.Output, place: Place) -> Closure:
    """The closure of an output cell; constants are computed once."""
    wanted = texts.types.named(output.type_ref)
    compiled = texts.compiled("" if text == "-" else text, place, wanted)
    if compiled is None:
        return _constant(None)
    try:
        value = constant_value(compiled.tree)
    except NotConstant:
        return texts.typed(compiled.run, output.type_ref, place.id)
    if value is None or wanted is None or wanted.admits(value):
        return _constant(value)
    return texts.typed(compiled.run, output.type_ref, place.id)


def _place(index: int, rule: dmn.Rule, label: str) -> Place:
    if not label:
        return Place(rule.line, rule.id, f"规则 {index}", f"rule {index}")
    return Place(
        rule.line, rule.id, f"规则 {index}，列“{label}”", f"rule {index}, column {label!r}"
    )


def _constant(value: Any) -> Closure:
    return lambda frame: value


def _passes(column: Column, value: Value, frame: Frame) -> bool:
    found = column.find(value)
    if found == 0:
        return False
    if found is None or column.open:
        cell = column.cells[0]
        return cell is None or cell.run(value, frame) is True
    return True


def _matches(open_: int, bit: int, column: Column, number: int, value: Value, frame: Frame) -> bool:
    if not open_ & bit:
        return True
    cell = column.cells[number]
    return cell is None or cell.run(value, frame) is True


def _position(value: Value, order: Value) -> int:
    places = order if type(order) is list else []
    return next((at for at, item in enumerate(places) if equal(item, value) is True), len(places))


def _numbers(hits: Sequence[int]) -> str:
    return ", ".join(str(number + 1) for number in hits)
