"""What the DMN room refuses."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import Invalid
from engine.model import Finding, Severity


class DmnInvalid(Invalid):
    """A file is no DMN that can run; ``findings`` say where and why."""

    code = "dmn-invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = next((item for item in findings if item.severity == "error"), findings[0])
        more = len(findings) - 1
        super().__init__(
            f"{first.file}：{first.zh}" + (f"（另有 {more} 处）" if more else ""),
            f"{first.file}: {first.en}" + (f" ({more} more)" if more else ""),
        )
        self.findings = tuple(findings)


def finding(
    rule: str,
    file: str,
    zh: str,
    en: str,
    *,
    remedy: tuple[str, str] = ("", ""),
    severity: Severity = "error",
    line: int | None = None,
    id: str | None = None,
    name: str | None = None,
) -> Finding:
    """A finding with the remedy as (zh, en)."""
    return Finding(
        rule=rule,
        severity=severity,
        file=file,
        zh=zh,
        en=en,
        remedy_zh=remedy[0],
        remedy_en=remedy[1],
        line=line,
        element_id=id,
        element_name=name,
    )
