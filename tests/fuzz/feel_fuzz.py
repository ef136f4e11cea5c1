"""Coverage-guided fuzzing of FEEL with atheris: `make fuzz`, or run this file with libFuzzer's
options (-max_total_time=SECONDS, -runs=N, a folder that keeps what it found).

Anything but a value or a FeelError, and any evaluation longer than 3 seconds, is a finding: the
text that led to it is written to a file crash-*."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["engine.feel"]):
    from engine.feel import (
        FeelError,
        Limits,
        compile_expression,
        compile_unary_tests,
        from_json,
        to_json,
    )
    from engine.feel.check import check
    from engine.feel.text import to_literal

SLOWEST_S = 3.0
LIMITS = Limits(steps=20_000, string=100_000, items=10_000, total=500_000)
CONTEXT = {
    "a": 1,
    "s": "abc 网络",
    "xs": [1, "b", None, 2.5],
    "c": {"k": {"x": [1, {"y": True}]}},
    "客户 等级": "金",
}


def test_one_input(data: bytes) -> None:
    """One text, as an expression and as a cell."""
    text = data.decode("utf-8", "replace")
    start = time.monotonic()
    _attempt(text, cell=False)
    _attempt(text, cell=True)
    if time.monotonic() - start > SLOWEST_S:
        raise TimeoutError(text)


def _attempt(text: str, *, cell: bool) -> None:
    try:
        if cell:
            tests = compile_unary_tests(text, names=CONTEXT)
            check(tests.tree, dict.fromkeys(CONTEXT), closed=True)
            tests.test(from_json(3), CONTEXT, limits=LIMITS)
            return
        expression = compile_expression(text, names=CONTEXT)
        check(expression.tree, dict.fromkeys(CONTEXT), closed=True)
        value = expression.evaluate(CONTEXT, limits=LIMITS)
        to_json(value)
        to_literal(value)
    except FeelError:
        return


def seeds(folder: Path) -> None:
    """Write the examples of docs/feel.md into ``folder``, a file each, to start from."""
    page = (ROOT / "docs" / "feel.md").read_text("utf-8")
    for number, text in enumerate(re.findall(r"`([^`]+)`", page)):
        (folder / str(number)).write_text(text, "utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as corpus:
        seeds(Path(corpus))
        atheris.Setup([*sys.argv, corpus], test_one_input)
        atheris.Fuzz()
