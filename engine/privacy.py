"""Masking of personal data: enough stays visible to tell records apart, the rest is stars.

The rules follow the usual practice of Chinese operators: a mobile number shows three and four
digits, a name its family name, an identity number neither birthday nor sequence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.model import Json

_COMPOUND_SURNAMES = re.compile(
    "欧阳|司马|上官|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|夏侯|轩辕|端木|百里|南宫"
    "|独孤|闻人|澹台|公冶|宗政|濮阳|淳于|单于|太叔|申屠|仲孙|钟离|鲜于|闾丘|东郭|赫连|呼延|万俟"
)
_PHONE_IN_TEXT = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_ID_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])")
_MAIL_IN_TEXT = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?=[\w-]{1,63}(?:\.[\w-]{1,63})+)")


def phone(text: str) -> str:
    """138****1234; a shorter number keeps its last two digits."""
    if len(text) >= 10:
        return f"{text[:3]}{'*' * (len(text) - 7)}{text[-4:]}"
    return "*" * max(len(text) - 2, 1) + text[-2:] if len(text) > 3 else "*" * len(text)


def name(text: str) -> str:
    """张三 → 张*, 欧阳娜娜 → 欧阳**, Smith → S****: the family name, or the first letter."""
    shown = 2 if _COMPOUND_SURNAMES.match(text) and len(text) > 2 else 1
    return text[:shown] + "*" * max(len(text) - shown, 1) if text else ""


def identity(text: str) -> str:
    """An identity or account number: the first three and the last two signs."""
    if len(text) < 8:
        return "*" * len(text)
    return f"{text[:3]}{'*' * (len(text) - 5)}{text[-2:]}"


def email(text: str) -> str:
    """z***@example.com: the first letter and the domain."""
    local, at, domain = text.rpartition("@")
    return f"{local[:1]}***{at}{domain}" if at else name(text)


def address(text: str) -> str:
    """The first six signs (province and city), then stars."""
    return text[:6] + "*" * min(len(text) - 6, 8) if len(text) > 6 else text[:2] + "****"


def prose(text: str) -> str:
    """Free text in which phone numbers, identity numbers and mail addresses are masked."""
    masked = _ID_IN_TEXT.sub(lambda found: identity(found.group()), text)
    masked = _PHONE_IN_TEXT.sub(r"\1****\3", masked)
    return _MAIL_IN_TEXT.sub(lambda found: found.group()[0] + "***@", masked)


MASKS: Mapping[str, Callable[[str], str]] = MappingProxyType({
    "phone": phone, "name": name, "id": identity, "email": email, "address": address,
    "text": prose,
})
"""Masks by the word that a case kind's field writes under ``mask``."""


def masked(value: Json, kind: str | None) -> Json:
    """``value`` as people see it who have not asked to see more: texts masked, lists element
    by element, numbers as their digits; None and booleans tell nobody's name."""
    if kind is None or value is None or isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [masked(item, kind) for item in value]
    if isinstance(value, dict):
        return {key: masked(item, kind) for key, item in value.items()}
    return MASKS[kind](str(value))
