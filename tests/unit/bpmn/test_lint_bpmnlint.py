"""The errors of bpmnlint's recommended rules are among our findings (docs/lint.md names the
differences). Needs node and npm, and once the network."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from engine.bpmn import Known, lint, parse
from tests.unit.bpmn.faults import ERRORS
from tests.unit.bpmn.misplaced import MISPLACED
from tests.unit.bpmn.drawing import flows, start, end
from tests.unit.bpmn.rule_examples import EXAMPLES, whole

VERSION = "11.15.0"
OURS: dict[str, frozenset[str]] = {
    "no-implicit-start": frozenset({"no-disconnected", "compensation-handler"}),
    "no-disconnected": frozenset({"no-disconnected", "way-out-required", "no-implicit-end"}),
    "no-implicit-end": frozenset({"no-implicit-end", "way-out-required", "compensation-handler"}),
    "no-complex-gateway": frozenset({"unsupported"}),
    "single-event-definition": frozenset({"unsupported"}),
    "start-event-required": frozenset({"start-event-required", "sub-process-blank-start-event"}),
    "sub-process-blank-start-event": frozenset({"unsupported", "sub-process-blank-start-event"}),
    "event-sub-process-typed-start-event": frozenset(
        {"unsupported", "event-sub-process-typed-start-event"}
    ),
    "link-event": frozenset({"link-event", "definition-required"}),
    "no-implicit-split": frozenset({"no-implicit-split", "end-event-outgoing"}),
    "conditional-flows": frozenset({"conditional-flows", "flow-condition", "no-implicit-split"}),
}
"""By rule of bpmnlint the rules here that say the same, where the name differs."""
ELSEWHERE: dict[str, frozenset[str]] = {
    "no-implicit-start": frozenset({"start-event-required", "sub-process-blank-start-event"}),
    "no-disconnected": frozenset({"sub-process-blank-start-event"}),
    "single-blank-start-event": frozenset({"single-blank-start-event"}),
    "no-duplicate-sequence-flows": frozenset({"no-duplicate-sequence-flows"}),
    "conditional-flows": frozenset({"flow-condition"}),
    "link-event": frozenset({"link-event"}),
}
"""By rule of bpmnlint the rules here that say the same once, at one of the elements."""
WRONG_THERE = {
    # It looks for the association in the process only, not in the sub-process.
    ("compensation of another scope", "no-implicit-end", "u-undo"),
}
_SCRIPT = """
const {Linter} = require('bpmnlint');
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver');
const {BpmnModdle} = require('bpmn-moddle');
const files = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const connect = scope => (scope.flowElements || []).forEach(one => {
  if (one.$type === 'bpmn:SequenceFlow' && one.sourceRef && one.targetRef) {
    one.sourceRef.get('outgoing').push(one);
    one.targetRef.get('incoming').push(one);
  }
  connect(one);
});
(async () => {
  const found = {};
  for (const [name, xml] of Object.entries(files)) {
    const linter = new Linter({config: {extends: 'bpmnlint:recommended'},
                               resolver: new NodeResolver()});
    const {rootElement} = await new BpmnModdle().fromXML(xml);
    (rootElement.rootElements || []).forEach(connect);
    const results = await linter.lint(rootElement);
    found[name] = Object.entries(results).flatMap(([rule, reports]) => reports
      .filter(one => one.category === 'error').map(one => [rule, one.id]));
  }
  console.log(JSON.stringify(found));
})();
"""


@cache
def corpus() -> dict[str, bytes]:
    """Small files of executable processes whose elements have ids."""
    files = {f"{rule}: bad": whole(bad) for rule, (bad, _) in EXAMPLES.items()}
    files |= {f"{rule}: good": whole(good) for rule, (_, good) in EXAMPLES.items()}
    apart = ("no process can run", "no id")
    files |= {name: one for name, (one, _, _) in ERRORS.items() if name not in apart}
    plain = start() + end() + flows("start end")
    return files | {name: whole(plain + content) for name, (content, _) in MISPLACED.items()}


@pytest.fixture(scope="module")
def theirs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[list[str]]]:
    """Their errors as (rule, element), by file."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    kept = getattr(request.config, "cache", None)
    place = kept.mkdir("bpmnlint") if kept else tmp_path_factory.mktemp("bpmnlint")
    if not (place / "node_modules" / "bpmnlint").is_dir():
        command = [npm, "install", "--prefix", str(place), "--no-save", f"bpmnlint@{VERSION}"]
        if subprocess.run(command, capture_output=True, timeout=120).returncode:
            pytest.skip(f"bpmnlint {VERSION} cannot be fetched")
    return _run(node, place)


def _run(node: str, place: Path) -> dict[str, list[list[str]]]:
    files = {name: content.decode() for name, content in corpus().items()}
    done = subprocess.run(
        [node, "-e", _SCRIPT], input=json.dumps(files), cwd=place, text=True, capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, list[list[str]]] = json.loads(done.stdout)
    return found


def test_their_errors_are_among_our_findings(theirs: dict[str, list[list[str]]]) -> None:
    assert len(theirs) > 150
    assert len({rule for errors in theirs.values() for rule, _ in errors}) > 12
    missed = []
    for name, errors in theirs.items():
        ours = {(one.rule, one.element_id) for one in lint(parse(corpus()[name], "x"), Known())}
        for rule, element in errors:
            association = f'<bpmn:association id="{element}"'.encode() in corpus()[name]
            excused = association or (name, rule, element) in WRONG_THERE
            if not excused and not _found(ours, rule, element):
                missed.append((name, rule, element))
    assert missed == []


def _found(ours: set[tuple[str, str | None]], rule: str, element: str) -> bool:
    same = {(one, element) for one in OURS.get(rule, {rule})}
    return bool(same & ours) or bool(ELSEWHERE.get(rule, frozenset()) & {one for one, _ in ours})
