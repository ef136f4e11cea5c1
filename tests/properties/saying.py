"""What every refusal has: a sentence in both languages."""

from __future__ import annotations

from engine.errors import BihuanError
from engine.model import Finding


def said(*remarks: BihuanError | Finding) -> None:
    """Each names its rule or code, and says in Chinese and English what is wrong."""
    assert remarks
    for one in remarks:
        assert one.zh
        assert one.en
        assert one.rule if isinstance(one, Finding) else one.code
