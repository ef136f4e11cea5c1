"""Small DMN files for the tests, written out."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from engine.dmn import Model, parse

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    inputs: Sequence[tuple[str, str]],
    rules: Sequence[Sequence[str]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    outputs: Sequence[tuple[str, str]] = (("result", ""),),
    values: str = "",
    default: str = "",
    allowed: Sequence[str] = (),
) -> str:
    """A decision table. ``inputs`` and ``outputs`` are (expression or name, type); the cells of a
    rule are its inputs, then its outputs, then perhaps an annotation."""
    parts = [f"<decisionTable id='t' hitPolicy={quoteattr(policy)}"]
    parts.append(f" aggregation={quoteattr(aggregation)}>" if aggregation else ">")
    for number, (expression, kind) in enumerate(inputs):
        parts.append(
            f"<input id='in{number}' label={quoteattr(expression)}>"
            f"<inputExpression typeRef={quoteattr(kind)}><text>{escape(expression)}</text>"
            "</inputExpression>"
        )
        if number < len(allowed) and allowed[number]:
            parts.append(f"<inputValues><text>{escape(allowed[number])}</text></inputValues>")
        parts.append("</input>")
    for name, kind in outputs:
        parts.append(f"<output name={quoteattr(name)} typeRef={quoteattr(kind)}>")
        if values:
            parts.append(f"<outputValues><text>{escape(values)}</text></outputValues>")
        if default:
            parts.append(f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>")
        parts.append("</output>")
    for number, rule in enumerate(rules, 1):
        tests, rest = rule[: len(inputs)], rule[len(inputs) :]
        parts.append(f"<rule id='rule{number}'>")
        parts += [f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in tests]
        parts += [
            f"<outputEntry><text>{escape(cell)}</text></outputEntry>"
            for cell in rest[: len(outputs)]
        ]
        parts += [
            f"<annotationEntry><text>{escape(text)}</text></annotationEntry>"
            for text in rest[len(outputs) :]
        ]
        parts.append("</rule>\n")
    return "".join([*parts, "</decisionTable>"])


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def decision(name: str, logic: str, *requirements: str, kind: str = "") -> str:
    """A decision of that id and name; a requirement is an element of ``requirement``."""
    variable = f"<variable name={quoteattr(name)} typeRef={quoteattr(kind)}/>" if kind else ""
    return (
        f"<decision id={quoteattr(name)} name={quoteattr(name)}>{variable}"
        f"{''.join(requirements)}{logic}</decision>\n"
    )


def requirement(kind: str, name: str) -> str:
    """``kind``: requiredInput, requiredDecision or requiredKnowledge."""
    outer = "knowledgeRequirement" if kind == "requiredKnowledge" else "informationRequirement"
    return f"<{outer}><{kind} href={quoteattr('#' + name)}/></{outer}>"


def definitions(*elements: str, namespace: str = "test") -> bytes:
    text = (
        f"<definitions xmlns={quoteattr(NAMESPACE)} id='d' name='d' "
        f"namespace={quoteattr(namespace)}>\n{''.join(elements)}</definitions>"
    )
    return text.encode()


def model(*elements: str) -> Model:
    return parse(definitions(*elements), "test.dmn")
