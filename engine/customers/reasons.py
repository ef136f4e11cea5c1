"""Reasons that people must give: for seeing personal data, for marks, for merging."""

from __future__ import annotations

from engine.errors import Invalid

_LENGTHS = (2, 200)


def stated(reason: str) -> str:
    """The reason in one line; Invalid, naming the field ``reason``, where none is given."""
    found = " ".join(reason.split())
    if not _LENGTHS[0] <= len(found) <= _LENGTHS[1]:
        zh = f"请写明原因（{_LENGTHS[0]}–{_LENGTHS[1]} 字）。"
        raise Invalid(zh, "Say why.", fields={"reason": zh})
    return found
