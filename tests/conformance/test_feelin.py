"""feelin, the FEEL of Camunda's form editor, is asked the same questions. Each difference has its
reason in feelin/differences.json; one without a reason, and a reason without a difference, fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.feel import compile_expression, to_json

FOLDER = Path(__file__).parent / "feelin"
PAGE = Path(__file__).parents[2] / "docs" / "feel.md"
EXAMPLE = re.compile(r"^\|(?: `[^`]*` \|)? `([^`]+)` \| `[^`]+` \|$", re.M)


@pytest.fixture(scope="module")
def feelin() -> Path:
    """The folder with feelin installed; skips where it cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node or npm is not installed: no second opinion on FEEL")
    if not (FOLDER / "node_modules" / "feelin").exists():
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts"], cwd=FOLDER, capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip("npm cannot fetch feelin here: no second opinion on FEEL")
    return FOLDER


def questions() -> list[str]:
    lines = (FOLDER / "corpus.txt").read_text("utf-8").splitlines()
    corpus = [line for line in lines if line and not line.startswith("#")]
    return [*corpus, *EXAMPLE.findall(PAGE.read_text("utf-8"))]


def context() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "context.json").read_text("utf-8"))
    return found


def ask(folder: Path, texts: list[str]) -> list[dict[str, Any]]:
    asked = json.dumps([{"text": text, "context": context()} for text in texts])
    done = subprocess.run(
        ["node", "ask.mjs"], cwd=folder, input=asked, capture_output=True, text=True, check=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def ours(text: str) -> Any:
    variables = context()
    return to_json(compile_expression(text, names=variables).evaluate(variables))


def test_every_difference_has_a_reason(feelin: Path) -> None:
    texts = questions()
    reasons = json.loads((FOLDER / "differences.json").read_text("utf-8"))
    answers = ask(feelin, texts)

    differ = {
        text: (ours(text), answer)
        for text, answer in zip(texts, answers, strict=True)
        if "value" not in answer or answer["value"] != ours(text)
    }
    assert len(texts) > 250
    assert {text: both for text, both in differ.items() if text not in reasons} == {}
    assert [text for text in reasons if text not in differ] == []
