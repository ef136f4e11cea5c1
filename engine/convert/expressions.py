"""The texts of a file: JUEL where they hold ``${…}``, static otherwise → texts of ours.

A text that cannot be translated is written as ``=`` and the original: FEEL does not read it, so
that nothing runs before a person has decided."""

from __future__ import annotations

import re

from lxml import etree

from engine.convert import juel
from engine.convert.feel import Writer, quoted
from engine.convert.juel import Untranslatable
from engine.convert.report import Pair, Report, shown
from engine.feel import FeelError, Function, compile_expression

_CYCLE = {"cycle": Function("cycle", ("repetitions", "interval"), lambda *_: None, variadic=True)}
_REMEDY: Pair = (
    "请用 FEEL 重写，或在前面加一个服务任务算出所需的变量。",
    "Write it in FEEL, or put a service task before it that computes the variable needed.",
)


class Expressions:
    """Translates texts and reports on them at their node."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def text(self, node: etree._Element, source: str, what: Pair) -> str:
        """A place that may be static: ``abc`` stays, ``${x}`` becomes ``=x``, ``a ${x}`` a
        FEEL string."""
        if not juel.has_expression(source):
            return "=" + quoted(source) if source.startswith("=") else source
        return self._translated(node, source, what)

    def value(self, node: etree._Element, source: str) -> str:
        """FEEL without ``=`` for a place inside a larger expression. Raises Untranslatable."""
        return self._checked(node, *self._template_or_literal(source))

    def condition(self, node: etree._Element, source: str, what: Pair) -> str:
        """A condition: one ``${…}``, ``true`` or ``false``."""
        if source.strip() in ("true", "false"):
            return f"={source.strip()}"
        if not juel.has_expression(source):
            self._refuse(
                node, source, what,
                Untranslatable(
                    "它不是 ${…} 表达式，原引擎也只把它当作文字。",
                    "It is no ${…} expression; the other engine took it as a mere text, too.",
                ),
            )  # fmt: skip
            return f"={source.strip()}" if self.compiles(source) else f"=${{{source.strip()}}}"
        return self._translated(node, source.strip(), what)

    def bare(
        self,
        node: etree._Element,
        source: str,
        what: Pair,
        renamed: dict[str, str] | None = None,
    ) -> str | None:
        """An expression with or without ``${ }``; FEEL without ``=``, None if reported."""
        inner = source.strip()
        if inner.startswith(("${", "#{")) and inner.endswith("}"):
            inner = inner[2:-1]
        writer = Writer(dict(renamed or {}))
        try:
            return self._checked(node, writer.write(juel.parse(inner)), writer)
        except Untranslatable as error:
            self._refuse(node, source, what, error)
            return None

    def attempt(self, node: etree._Element, source: str) -> str | None:
        """``bare`` that reports nothing where it fails."""
        writer = Writer()
        try:
            return self._checked(node, writer.write(juel.parse(source)), writer)
        except Untranslatable:
            return None

    def compiles(self, text: str) -> bool:
        """Whether ``text`` is FEEL already."""
        try:
            compile_expression(text, functions=_CYCLE)
        except FeelError:
            return False
        return True

    def _translated(self, node: etree._Element, source: str, what: Pair) -> str:
        try:
            return "=" + self._checked(node, *self._template(source))
        except Untranslatable as error:
            self._refuse(node, source, what, error)
            return f"={source.strip()}"

    def _template(self, source: str) -> tuple[str, Writer]:
        writer = Writer()
        pieces = juel.parts(source)
        trees = [one for one in pieces if not isinstance(one, str)]
        if len(trees) == 1 and not "".join(one for one in pieces if isinstance(one, str)).strip():
            return writer.write(trees[0]), writer
        items = [quoted(one) if isinstance(one, str) else writer.text(one) for one in pieces]
        return f"string join([{', '.join(items)}])", writer

    def _template_or_literal(self, source: str) -> tuple[str, Writer]:
        if juel.has_expression(source):
            return self._template(source)
        return quoted(source), Writer()

    def _checked(self, node: etree._Element, text: str, writer: Writer) -> str:
        """``text`` if it is FEEL that compiles; its notes are reported."""
        try:
            compile_expression(text, functions=_CYCLE)
        except FeelError as error:
            raise Untranslatable(
                f"转换后的“{shown(text)}”不是正确的 FEEL：{error.zh}",
                f"What it became, “{shown(text)}”, is not FEEL: {error.en}",
            ) from None
        for note in writer.notes:
            self.report.on(node, note.rule, note.severity, (note.zh, note.en), ("", ""))
        return text

    def _refuse(
        self, node: etree._Element, source: str, what: Pair, error: Untranslatable
    ) -> None:
        self.report.decide(
            node,
            "expression",
            (
                f"的{what[0]}“{shown(source)}”无法转换：{error.zh}",
                f"has the {what[1]} “{shown(source)}”, which cannot be converted: {error.en}",
            ),
            _REMEDY,
        )


def items(source: str) -> list[str]:
    """A comma separated list, commas inside ``${ }`` and strings left alone."""
    found = re.findall(r"(?:[$#]\{(?:[^}'\"]|'[^']*'|\"[^\"]*\")*\}|[^,])+", source)
    return [one.strip() for one in found if one.strip()]
