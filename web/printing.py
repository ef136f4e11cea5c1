"""How commands print what checks found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TextIO

from engine.model import Finding

SEVERITIES: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "zh": {"error": "错误", "warning": "警告", "info": "提示"},
    "en": {"error": "error", "warning": "warning", "info": "info"},
})


def show_findings(
    findings: Iterable[Finding], out: TextIO, lang: str = "zh",
    severities: Mapping[str, Mapping[str, str]] = SEVERITIES,
) -> None:
    """Print findings as ``file:line: severity: “name” (id) sentence [rule]``, the remedy indented
    below. ``lang``: zh or en; ``severities``: the words for them by language."""
    for one in findings:
        place = f"{one.file}:{one.line}" if one.line else one.file
        name = f"“{one.element_name}” " if one.element_name else ""
        where = f"{name}({one.element_id}) " if one.element_id else ""
        text, remedy = (one.zh, one.remedy_zh) if lang == "zh" else (one.en, one.remedy_en)
        print(f"{place}: {severities[lang][one.severity]}: {where}{text} [{one.rule}]", file=out)
        if remedy:
            print(f"    {remedy}", file=out)
