"""A text from outside becomes a case: by the system where its lines 【label】 fill in the short
form of the kind, else as a contact (来件) in which a clerk fills in the work order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import forms
from engine import cases
from engine.cases import CaseKind, service
from engine.store.unit import Unit
from web import written
from web.pages import filling

CONTACT = "contact"
_KIND_LABEL = "类别"
_USUAL = "complaint"


@dataclass(frozen=True, slots=True)
class Text:
    """``source`` is the channel; ``sender`` a mail address or a phone number; ``belongs``: the
    number of the case that it may be about."""

    source: str
    ref: str
    sender: str
    name: str
    subject: str
    text: str
    belongs: str = ""


def take_in(unit: Unit, text: Text) -> int:
    """Open the case; returns its key."""
    said = written.block(text.text)
    kind = _kind(unit, said.pop(_KIND_LABEL, ""))
    if said and kind is not None and kind.public and kind.public.form:
        form = filling.latest(unit.conn, kind.public.form)
        given = _sender(text)
        checked = forms.check(form, given | written.fill(form, said, given), {})
        if not checked.errors:
            return service.receive(unit, kind.id, checked.data, text.source).case_id
        filled: dict[str, Any] = {
            name: value for name, value in checked.data.items()
            if name not in checked.errors and value is not None
        }
    else:
        filled = {}
    data = {
        **_sender(text), **filled, "contact_sender": text.sender, "contact_subject": text.subject,
        "contact_text": text.text, "register_as": kind.id if kind else _USUAL,
    }
    if text.belongs:
        data |= {"register_as": "existing", "existing_number": text.belongs}
    return service.receive(unit, CONTACT, data, text.source).case_id


def _sender(text: Text) -> dict[str, Any]:
    if "@" in text.sender:
        return {"customer_email": text.sender, "customer_name": text.name or None}
    return {
        "customer_ref": text.sender, "contact_phone": text.sender,
        "customer_name": text.name or None,
    }


def _kind(unit: Unit, wanted: str) -> CaseKind | None:
    """The kind with this name (投诉, 客户投诉, 我要投诉); the complaint where none is named."""
    offered = [one for one in cases.kinds(unit.conn) if one.public and one.public.form]
    for one in offered:
        if wanted and (wanted in one.name or (one.public and wanted in one.public.title)):
            return one
    return next((one for one in offered if one.id == _USUAL), None)
