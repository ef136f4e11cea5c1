"""The errors of the engine: one base, bilingual, each saying where and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.model import Finding


class BihuanError(Exception):
    """Anything the engine refuses. ``zh`` and ``en`` are complete sentences for a person;
    ``details`` carries the values in them for machines. ``code`` names the class of error
    and is stable: the REST interface and the tests use it."""

    code = "error"

    def __init__(self, zh: str, en: str, **details: Any) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
        self.details = details


class NotFound(BihuanError):
    """The named thing does not exist, or not for this person."""

    code = "not-found"


class Forbidden(BihuanError):
    """The person lacks the right to do this."""

    code = "forbidden"


class Conflict(BihuanError):
    """The thing exists but its state does not allow this any more (somebody was faster)."""

    code = "conflict"


class Invalid(BihuanError):
    """The input is wrong; ``details['fields']`` maps a field key to its message where known."""

    code = "invalid"


class ExpressionFailed(BihuanError):
    """A FEEL expression could not be evaluated to what its place needs; becomes an incident."""

    code = "expression-failed"


class DeploymentRefused(BihuanError):
    """Nothing of the deployment was stored; ``findings`` say where and why."""

    code = "deployment-refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = sum(1 for finding in findings if finding.severity == "error")
        super().__init__(
            f"部署被拒绝：有 {count} 处错误，已部署的版本不受影响。",
            f"Deployment refused: {count} errors; what was deployed stays deployed.",
        )
        self.findings = tuple(findings)
