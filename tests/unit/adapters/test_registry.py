"""Each job type has a module and an element template, and strangers cannot take ours over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import adapters
from engine import duties

TEMPLATES = Path(adapters.__file__).parent / "templates"


def _job_type(template: dict[str, object]) -> object:
    properties = template["properties"]
    assert isinstance(properties, list)
    binding = {"type": "zeebe:taskDefinition", "property": "type"}
    return next(one["value"] for one in properties if one["binding"] == binding)


def test_every_adapter_can_be_picked_in_the_modeler() -> None:
    offered = {_job_type(json.loads(path.read_text("utf-8"))) for path in TEMPLATES.glob("*.json")}

    assert offered == {*adapters.registry, *duties.DUTIES}


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.json")), ids=lambda path: path.name)
def test_what_a_template_sets_is_what_the_adapter_documents(path: Path) -> None:
    template = json.loads(path.read_text("utf-8"))
    module = adapters.registry.get(str(_job_type(template)), duties)
    names = {
        one["binding"].get("name") or one["binding"].get("key")
        for one in template["properties"]
        if one["binding"]["type"] in {"zeebe:input", "zeebe:taskHeader"}
    } - {"retryBackoff"}  # the worker's, the same for every adapter

    assert names
    assert all(f"``{name}``" in (module.__doc__ or "") for name in names)


def test_adapters_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "crm_adapter-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: crm-adapter\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[bihuan.adapters]\ncrm.note = crm_note\nmail.send = crm_note\nbroken = no_such_module\n"
    )
    (tmp_path / "crm_note.py").write_text("def run(request):\n    return {}\n")
    monkeypatch.syspath_prepend(tmp_path)

    found, problems = adapters.third_parties()

    assert set(found) == {"crm.note"}
    assert len(problems) == 2
    assert any("mail.send" in problem for problem in problems)
    assert any("no_such_module" in problem for problem in problems)
