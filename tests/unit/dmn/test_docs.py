"""docs/dmn.md names every finding there can be."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_rule_of_the_checks_is_documented() -> None:
    page = (ROOT / "docs" / "dmn.md").read_text("utf-8")
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "engine" / "dmn").glob("*.py"))
    rules = set(re.findall(r'(?:finding|self\.add|checks\.add)\(\s*"([a-z-]+)"', sources))
    rules |= set(re.findall(r'_refuse\(\s*node,\s*filename,\s*"([a-z-]+)"', sources))

    assert len(rules) > 15
    assert [rule for rule in sorted(rules) if f"`{rule}`" not in page] == []
