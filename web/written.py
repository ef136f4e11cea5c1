"""Forms filled in by text: lines 【label】value of a mail or message become what a browser would
have posted.

A value goes on over the following lines until the next label, a rule of dashes, or the head of a
quoted mail. Labels are those of the form; those it does not have are passed over. Quoted lines
(``>``) count as well: many answer inside the original. Of a label that occurs twice the first
value counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import forms

_LABEL = re.compile(r"^[>\s]*【([^】\n]{1,40})】[:：]?(.*)$")
_QUOTE = re.compile(r"^[>\s]*")
_END = re.compile(
    r"^[>\s]*(-{2,}\s*$|-{3,}.*-{3,}|_{5,}|发自我的|Sent from my|(发件人|From|寄件者)\s*[:：]"
    r"|On .+ wrote:|在.+写道[:：])", re.IGNORECASE,
)
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]*(\d{1,2})[:：时](\d{1,2})分?)?"
)
_ROUNDS = 4
"""How often options are looked at again: a list may depend on the list before it."""


def block(text: str) -> dict[str, str]:
    """Label → value of all lines that begin with 【label】."""
    found: dict[str, str] = {}
    label, lines = "", []
    for line in [*text.splitlines(), "--"]:
        named = _LABEL.match(line)
        if named is None and not _END.match(line):
            lines.append(_QUOTE.sub("", line) if line.lstrip().startswith(">") else line.strip())
            continue
        value = "\n".join(lines).strip()
        if label and value and label not in found:
            found[label] = value
        label, lines = (named[1].strip(), [named[2].strip()]) if named else ("", [])
    return found


def in_lines(text: str) -> str:
    """The text with each 【label】 on a line of its own: in a text message they follow each
    other."""
    return re.sub(r"(?<!\n)(?=【[^】\n]{1,40}】)", "\n", text).strip()


def fill(form: forms.Form, said: Mapping[str, str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Raw JSON of the fields that ``said`` names by their labels, for ``forms.check``."""
    entered: dict[str, Any] = {}
    for _round in range(_ROUNDS):
        found = {
            field.name: _raw(field, said[_plain(field.label)])
            for field in form.fields(variables, entered)
            if _plain(field.label) in said and "." not in field.name and not field.readonly
            and field.type != "filepicker"
        }
        found = {name: raw for name, raw in found.items() if raw is not None}
        if found == entered:
            break
        entered = found
    return entered


def _plain(label: str) -> str:
    return re.sub(r"[（(].*?[）)]", "", label).strip()


def _raw(field: forms.Field, value: str) -> Any:
    """None for a choice that was left as it was printed (是／否)."""
    if field.options:
        wanted = [one.strip() for one in re.split(r"[、，,；;/／\n]", value) if one.strip()]
        by_name = {one.label: one.text for one in field.options}
        by_name |= {one.text: one.text for one in field.options}
        if field.type in ("checklist", "taglist"):
            return [by_name.get(one, one) for one in wanted]
        if len(wanted) > 1 and set(wanted) <= by_name.keys():
            return None
        return by_name.get(value.strip(), value.strip())
    if field.type == "checkbox":
        return value.strip() in ("是", "要", "需要", "true", "yes", "√")
    if field.type == "datetime":
        return _moment(value, date_only=field.input == "date")
    return value


def _moment(value: str, date_only: bool) -> str:
    found = _MOMENT.search(value)
    if found is None:
        return value
    year, month, day, hour, minute = found.groups()
    date = f"{year}-{int(month):02}-{int(day):02}"
    if date_only:
        return date
    return f"{date}T{int(hour or 0):02}:{int(minute or 0):02}"
