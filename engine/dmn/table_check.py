"""Checks of a decision table's shape: gaps, overlaps, rules never reached, idle columns."""

from __future__ import annotations

from collections.abc import Iterator

from engine.dmn import elements as dmn
from engine.dmn.coverage import Coverage, TooLarge
from engine.dmn.errors import finding
from engine.dmn.model import Model
from engine.dmn.regions import axis
from engine.dmn.table import Table
from engine.feel.constants import NotConstant, constant_tests, constant_value
from engine.feel.text import to_literal
from engine.feel.compare import equal, member
from engine.feel import FeelError, UnaryTests, compile_expression
from engine.feel.tree import Name
from engine.feel.values import Value
from engine.model import Finding, Severity


def check_table(model: Model, box: dmn.DecisionTable, table: Table, filename: str) -> list[Finding]:
    """Findings on one table of ``model``."""
    checks = _Checks(model, box, filename)
    checks.idle_columns()
    checks.names_without_quotes(table)
    checks.input_values(table)
    checks.output_values()
    coverage = _coverage(box, table)
    if coverage is not None:
        try:
            checks.coverage(coverage)
        except TooLarge:
            checks.add(
                "table-size", "info",
                "表太大，没有检查全部缺口和重叠。",
                "The table is too large to be checked for all gaps and overlaps.",
            )  # fmt: skip
    return checks.found


def _coverage(box: dmn.DecisionTable, table: Table) -> Coverage | None:
    axes = []
    for item, (column, allowed) in zip(box.inputs, table.columns, strict=True):
        domain = allowed.cells[0] if allowed is not None else None
        made = axis(item.label, column, domain)
        if made is None:
            return None
        axes.append(made)
    return Coverage(axes, len(box.rules)) if axes and box.rules else None


class _Checks:
    def __init__(self, model: Model, box: dmn.DecisionTable, filename: str) -> None:
        self.found: list[Finding] = []
        self._model = model
        self._box = box
        self._filename = filename

    def add(
        self,
        rule: str,
        severity: Severity,
        zh: str,
        en: str,
        remedy: tuple[str, str] = ("", ""),
        line: int | None = None,
        id: str | None = None,
    ) -> None:
        self.found.append(
            finding(
                rule, self._filename, zh, en,
                remedy=remedy, severity=severity,
                line=line or self._box.line, id=id or self._box.id or None,
            )
        )  # fmt: skip

    def coverage(self, coverage: Coverage) -> None:
        if self._box.hit_policy in ("UNIQUE", "ANY"):
            self._overlaps(coverage)
        if self._box.hit_policy == "FIRST":
            self._unreachable(coverage)
        if self._box.hit_policy not in ("COLLECT", "RULE ORDER", "OUTPUT ORDER"):
            self._gaps(coverage)

    def _overlaps(self, coverage: Coverage) -> None:
        for first, second in coverage.overlaps():
            if self._box.hit_policy == "ANY" and self._agree(first, second):
                continue
            rule = self._box.rules[second]
            self.add(
                "rule-overlap", "warning",
                f"规则 {first + 1} 与规则 {second + 1} 会同时符合，命中策略 "
                f"{self._box.hit_policy} 不允许。",
                f"Rules {first + 1} and {second + 1} can both match, which the hit policy "
                f"{self._box.hit_policy} forbids.",
                ("请改条件使其互斥，或改用命中策略 FIRST。",
                 "Make the conditions exclude each other, or use the hit policy FIRST."),
                rule.line, rule.id,
            )  # fmt: skip

    def _agree(self, first: int, second: int) -> bool:
        rules = self._box.rules
        pairs = zip(rules[first].outputs, rules[second].outputs, strict=True)
        return all(one == other or _same(one, other) for one, other in pairs)

    def _unreachable(self, coverage: Coverage) -> None:
        for number, earlier in coverage.unreachable():
            rule = self._box.rules[number]
            numbers = ", ".join(str(one + 1) for one in earlier[:8])
            self.add(
                "rule-unreachable", "warning",
                f"规则 {number + 1} 永远不会生效：前面的规则 {numbers} 已包含它的全部情形。",
                f"Rule {number + 1} is never reached: rules {numbers} before it match all it "
                "matches.",
                ("请把它移到前面，或删去。", "Move it up, or remove it."),
                rule.line, rule.id,
            )  # fmt: skip

    def _gaps(self, coverage: Coverage) -> None:
        if any(output.default for output in self._box.outputs):
            return
        for gap in coverage.gaps():
            self.add(
                "table-gap", "warning",
                f"没有规则符合：{gap}。",
                f"No rule matches: {gap}.",
                ("请补一条规则，或给输出列一个缺省值。",
                 "Add a rule, or give the output columns a default."),
            )  # fmt: skip

    def idle_columns(self) -> None:
        for number, item in enumerate(self._box.inputs):
            if self._box.rules and all(
                rule.inputs[number] in ("", "-") for rule in self._box.rules
            ):
                self.add(
                    "unused-input", "info",
                    f"输入列“{item.label}”在所有规则里都是“-”，没有作用。",
                    f"The input {item.label!r} is '-' in every rule and has no effect.",
                    ("请删去这一列。", "Remove the column."),
                    item.line, item.id,
                )  # fmt: skip

    def names_without_quotes(self, table: Table) -> None:
        """Names that are all of a cell, or not in Latin letters, and that no input of the file
        reads: mostly texts without quotation marks, with which a rule never matches or gives
        null. In comparisons variables of the process are usual."""
        known = self._model.names_known()
        for index, rule in enumerate(self._box.rules):
            for label, name in (*_names_in(self._box, table, index), *_outputs(self._box, rule)):
                if name not in known:
                    self._unquoted(index, label, name)

    def _unquoted(self, index: int, label: str, name: str) -> None:
        rule = self._box.rules[index]
        self.add(
            "unknown-name", "warning",
            f"规则 {index + 1}，列“{label}”：{name} 没有引号，会被当成变量的名字，而本文件没有"
            "一处输入读它。",
            f"Rule {index + 1}, column {label!r}: {name} has no quotation marks and is taken for "
            "a variable, which no input of the file reads.",
            (f'是文字的，写成 "{name}"；是数字的，用阿拉伯数字；确是变量的，不必改。',
             f'Write "{name}" for a text, digits for a number; leave it if it is a variable.'),
            rule.line, rule.id,
        )  # fmt: skip

    def input_values(self, table: Table) -> None:
        """Constants of cells that the column's allowed values exclude: such a test never holds."""
        for item, (column, allowed) in zip(self._box.inputs, table.columns, strict=True):
            domain = allowed.cells[0] if allowed is not None else None
            wanted = constant_tests(domain.tree) if domain is not None else None
            if domain is None or wanted is None or domain.tree.negated:
                continue
            for index, cell in enumerate(column.cells):
                self._input_value(index, item, cell, wanted)

    def _input_value(
        self, index: int, item: dmn.Input, cell: UnaryTests | None, wanted: list[Value]
    ) -> None:
        values = None if cell is None else constant_tests(cell.tree)
        rule = self._box.rules[index]
        for value in values or []:
            if type(value) is not str or any(member(value, one) is True for one in wanted):
                continue
            self.add(
                "input-value", "warning",
                f"规则 {index + 1}，列“{item.label}”：{to_literal(value)} 不在允许值 "
                f"{item.values} 之内，永远不会出现。",
                f"Rule {index + 1}, column {item.label!r}: {to_literal(value)} is not one of the "
                f"allowed values {item.values} and never occurs.",
                line=rule.line, id=rule.id,
            )  # fmt: skip

    def output_values(self) -> None:
        """Constants of output cells that are not among the column's output values."""
        for number, output in enumerate(self._box.outputs):
            allowed = _constants(f"[{output.values}]") if output.values else None
            for index, rule in enumerate(self._box.rules, 1):
                value = _constant(rule.outputs[number])
                if allowed is None or value is None or type(value) is list:
                    continue
                if not any(equal(value, one) is True for one in allowed):
                    self.add(
                        "output-value", "warning",
                        f"规则 {index} 的输出 {rule.outputs[number]} 不在输出列"
                        f"“{output.label}”的允许值 {output.values} 之内。",
                        f"The output {rule.outputs[number]} of rule {index} is not one of the "
                        f"values {output.values} of {output.label!r}.",
                        line=rule.line, id=rule.id,
                    )  # fmt: skip


def _constant(text: str) -> Value:
    """The value of a constant cell, None if it is none."""
    if text in ("", "-"):
        return None
    try:
        return constant_value(compile_expression(text, unknown_functions=True).tree)
    except (FeelError, NotConstant):
        return None


def _names_in(
    box: dmn.DecisionTable, table: Table, index: int
) -> Iterator[tuple[str, str]]:
    """Column and name: the names in a rule's conditions that may be texts."""
    for item, (column, _), text in zip(
        box.inputs, table.columns, box.rules[index].inputs, strict=True
    ):
        cell = column.cells[index]
        for name in sorted(cell.variables) if cell is not None else ():
            if not name.isascii() or name == _bare_name(text):
                yield item.label, name


def _outputs(box: dmn.DecisionTable, rule: dmn.Rule) -> Iterator[tuple[str, str]]:
    for output, text in zip(box.outputs, rule.outputs, strict=True):
        name = _bare_name(text)
        if name is not None:
            yield output.label or output.name, name


def _bare_name(text: str) -> str | None:
    """The name that is all of a cell; None if it is something else."""
    if text in ("", "-"):
        return None
    try:
        tree = compile_expression(text, unknown_functions=True).tree
    except FeelError:
        return None
    return tree.name if isinstance(tree, Name) else None


def _constants(text: str) -> list[Value] | None:
    value = _constant(text)
    return value if type(value) is list else None


def _same(left: str, right: str) -> bool:
    first, second = _constant(left), _constant(right)
    return first is not None and equal(first, second) is True
