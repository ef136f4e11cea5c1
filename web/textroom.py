"""The text room: what becomes of each text message (SMS) that comes in.

What a case of the sender waits to be told goes to it: the event's property ``sms.form`` names
the form that a text fills in (a choice by its number or its words), ``sms.words`` the words one
of which the text must have. A text to a case that wrote to him lately, or that names its number,
is the customer's remark. Anything else becomes a case, as a mail does (docs/channels.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import forms
from engine import cases, channels, customers, history, messages, run, texts
from engine.cases import service
from engine.errors import Conflict, NotFound
from engine.messages import Waiting
from engine.store.unit import Unit
from engine.texts import Open
from engine.wiring import Engine
from web import written
from web.intake_by_text import Text, take_in
from web.pages import filling

SOURCE, ACTOR = "sms", "customer:sms"
RECEIPT = "text-receipt"
"""The message that says that a text has opened a case: process ``text-receipt`` answers it."""
FORM, WORDS = "sms.form", "sms.words"

_JUST_WRITTEN = timedelta(days=3)
_BEFORE = re.compile(r"^(?:我?(?:回复|选择|选|评价|答))?[\s:：,，.。、]*")
_AFTER = re.compile(r"^[\s:：,，.。、!！()（）]*")


@dataclass(frozen=True, slots=True)
class TextIn:
    """A text message as the gateway hands it in; ``id`` is the gateway's."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """``what``: opened, answered, remarked; ``number``: the case's; ``again``: the gateway handed
    it in before."""

    what: str
    number: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Textroom:
    """Takes texts one by one, each in one transaction that also keeps its id: handed in twice, it
    does nothing twice."""

    engine: Engine

    def take(self, text: TextIn) -> Taken:
        """Invalid for a sender that is no number."""
        sender = customers.normalised(text.sender)
        try:
            return self._take(text, sender)
        except Conflict:
            # The case moved on at this very moment: what it waits for now is another thing.
            return self._take(text, sender)

    def _take(self, text: TextIn, sender: str) -> Taken:
        with self.engine.unit(ACTOR) as unit:
            if not channels.note(unit, SOURCE, text.id, "taken"):
                return Taken(*channels.outcome(unit.conn, SOURCE, text.id), again=True)
            what, case_id = _settle(unit, text, sender)
            channels.settle(unit, SOURCE, text.id, what, case_id)
            return Taken(*channels.outcome(unit.conn, SOURCE, text.id))


def _settle(unit: Unit, text: TextIn, sender: str) -> tuple[str, int]:
    """What is done with it, and the case."""
    lined = written.in_lines(text.text)
    known = texts.belongs(unit.conn, sender, unit.now)
    named = [one for one in known if one.number in unicodedata.normalize("NFKC", text.text).upper()]
    if not written.block(lined):
        for one in named or known:
            if _answered(unit, one, text.text):
                return "answered", one.case_id
        lately = [one for one in known
                  if one.texted_at and unit.now - one.texted_at < _JUST_WRITTEN]
        for one in named or lately[:1]:
            service.remark(unit, one.case_id, text.text[:service.LONGEST_REMARK])
            return "remarked", one.case_id
    case_id = take_in(unit, Text(
        source=SOURCE, ref=text.id, sender=sender, name=_name(unit, sender), subject="",
        text=lined, belongs=known[0].number if len(known) == 1 else "",
    ))
    _confirm(unit, case_id, sender)
    return "opened", case_id


def _answered(unit: Unit, case: Open, text: str) -> bool:
    """Whether the case waits for just this; what asks for words comes last."""
    waiting = [one for one in messages.waiting(unit.conn, case.case_id) if FORM in one.properties]
    for one in sorted(waiting, key=lambda one: bool(one.properties.get(WORDS))):
        data = _fits(unit, one, text)
        if data is not None:
            history.record(unit, case.case_id, "text.answered", {"text": text[:500]})
            messages.deliver(unit, one.key, data)
            return True
    return False


def _fits(unit: Unit, one: Waiting, text: str) -> dict[str, Any] | None:
    """The data of the event's form as the text fills it in; None where it does not."""
    words = [word for word in re.split(r"[,，、;；\s]+", one.properties.get(WORDS, "")) if word]
    if words and not any(word in text for word in words):
        return None
    try:
        form = filling.latest(unit.conn, one.properties[FORM].strip())
    except NotFound:
        return None
    variables = run.variables(unit.conn, one.instance_key)
    entered = fill_in(form, text, variables)
    checked = forms.check(form, entered or {}, variables)
    return None if entered is None or checked.errors else checked.data


def fill_in(
    form: forms.Form, text: str, variables: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Raw JSON of the form's fields: each choice by what the text begins with, its number from 1
    or its words, each field of text with all of it. None where a choice is not made, or two."""
    entered: dict[str, Any] = {}
    said = _BEFORE.sub("", unicodedata.normalize("NFKC", text).strip())
    for field in form.fields(variables, {}):
        if field.options:
            chosen = _choice(said, [one.label for one in field.options])
            if chosen is None:
                return None
            entered[field.name] = field.options[chosen].text
        elif field.type in ("textfield", "textarea"):
            entered[field.name] = text.strip()
    return entered or None


def _choice(said: str, labels: list[str]) -> int | None:
    number = re.match(r"(\d+)(?!\d)", said)
    if number:
        chosen, rest = int(number[1]) - 1, said[number.end():]
    else:
        begun = [n for n, label in enumerate(labels) if said.startswith(label)]
        if not begun:
            return None
        chosen = max(begun, key=lambda n: len(labels[n]))
        rest = said[len(labels[chosen]):]
    if not 0 <= chosen < len(labels):
        return None
    rest = _AFTER.sub("", rest).removeprefix(labels[chosen])
    return None if _mentions(rest, labels) else chosen


def _mentions(rest: str, labels: Iterable[str]) -> bool:
    """Whether a choice is named again: then a person has to read it."""
    return any(label in rest for label in labels)


def _name(unit: Unit, sender: str) -> str:
    known = customers.get(unit.conn, sender)
    return known.name if known else ""


def _confirm(unit: Unit, case_id: int, sender: str) -> None:
    row = cases.view(unit.conn, case_id).row
    messages.publish(unit, RECEIPT, "", {
        "about": row.number, "to": sender, "kind": row.kind,
    })
