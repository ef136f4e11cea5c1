"""How commands print what checks found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from engine.model import Finding

_SEVERITIES = {"error": "错误", "warning": "警告", "info": "提示"}


def show_findings(findings: Iterable[Finding], out: TextIO) -> None:
    """Print findings as ``file:line: severity: sentence [rule]``, the remedy indented below."""
    for finding in findings:
        place = f"{finding.file}:{finding.line}" if finding.line else finding.file
        name = finding.element_name or finding.element_id
        where = f"「{name}」" if name else ""
        severity = _SEVERITIES[finding.severity]
        print(f"{place}: {severity}: {where}{finding.zh} [{finding.rule}]", file=out)
        if finding.remedy_zh:
            print(f"    {finding.remedy_zh}", file=out)
