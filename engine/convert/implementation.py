"""How work was implemented (class, bean, expression, topic, connector) → a job type."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.convert import juel
from engine.convert.context import Work, slug
from engine.convert.feel import Writer
from engine.convert.foreign import Node, attribute, inner
from engine.convert.report import shown

_CALL = re.compile(r"\.\s*\w+\s*\(")
_GETTER = re.compile(r"\b(?:execution|task)\s*\.\s*getVariable(?:Local)?\s*\(")


@dataclass(frozen=True, slots=True)
class Implementation:
    """``kind``: class, delegateExpression, expression, script. ``job_type`` is what we call it."""

    kind: str
    source: str
    job_type: str


def of_listener(work: Work, node: Node, fallback: str) -> Implementation | None:
    """The implementation a listener element names; a script gets ``fallback`` as its type."""
    for kind in ("class", "delegateExpression", "expression"):
        source = attribute(node, kind)
        if source is not None:
            return named(work, kind, source, fallback)
    scripts = inner(node, "script")
    if scripts:
        source = attribute(scripts[0], "resource") or (scripts[0].text or "").strip()
        return Implementation("script", source, fallback)
    return None


def named(work: Work, kind: str, source: str, fallback: str) -> Implementation:
    """The job type of a class, bean or bean method: ``com.x.SendOffer`` and ``${sendOffer}`` are
    ``sendOffer``, ``${offers.send(x)}`` is ``offers.send``, the engine itself ``fallback``."""
    return Implementation(kind, source, work.job_type(source, _proposed(kind, source, fallback)))


def pure(source: str) -> bool:
    """Whether FEEL may compute an expression: it can be written, and calls no bean (as far as can
    be seen: ``${a.b}`` may be one, ``${a.b + 1}`` is not)."""
    if _CALL.search(_GETTER.sub("", source)):
        return False
    try:
        trees = [one for one in juel.parts(source) if not isinstance(one, str)]
        for one in trees:
            Writer().write(one)
    except juel.Untranslatable:
        return False
    return bool(trees) and not any(isinstance(one, juel.Name | juel.Member) for one in trees)


def assignment(source: str) -> tuple[str, str] | None:
    """Variable and FEEL value of ``${execution.setVariable('x', value)}``; None for all else."""
    try:
        found = juel.parts(source.strip())
    except juel.Untranslatable:
        return None
    call = found[0]
    if len(found) != 1 or not isinstance(call, juel.Call) or call.base != juel.Name("execution"):
        return None
    if call.name != "setVariable" or len(call.arguments) != 2:
        return None
    name, value = call.arguments
    if not isinstance(name, juel.Literal) or not re.fullmatch(r"[^\W\d]\w*", name.text):
        return None
    try:
        return name.text, Writer().write(value)
    except juel.Untranslatable:
        return None


def _proposed(kind: str, source: str, fallback: str) -> str:
    if source.startswith(("${execution.", "#{execution.")):
        return fallback
    if kind == "class":
        last = slug(source.rpartition(".")[2]) or "job"
        return last[0].lower() + last[1:]
    inside = source.strip()
    if inside.startswith(("${", "#{")):
        inside = inside[2:].rstrip("}").strip()
    path = re.match(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*", inside)
    return path[0] if path else slug(shown(inside)) or "job"
