"""Catalogues in the database: deployed with what reads them, changed without losing a name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import Engine, cases, categories, definitions, deployment
from engine.errors import DeploymentRefused
from engine.feel import compile_expression
from engine.model import File

LEVELS = [{"name": "大类", "owner": "group"}, {"name": "小类", "owner": "province"}]
NETWORK = {
    "key": "network", "label": "网络",
    "children": [{"key": "slow", "label": "网速慢"}, {"key": "none", "label": "没信号"}],
}
KIND = {
    "id": "errand", "name": "差事", "process": "errand", "number": "C{seq:06}",
    "statuses": ["在办"],
    "fields": [
        {"key": "category", "label": "大类", "type": "select", "catalogue": "errands"},
        {"key": "subcategory", "label": "小类", "type": "select", "catalogue": "errands",
         "level": 2},
    ],
}
PROCESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    targetNamespace="t" id="d">
  <bpmn:process id="errand" isExecutable="true">
    <bpmn:startEvent id="s"><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent>
    <bpmn:endEvent id="e"><bpmn:incoming>f</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>"""


def _catalogue(*roots: dict[str, Any]) -> File:
    data = {"id": "errands", "name": "差事目录", "levels": LEVELS, "categories": roots}
    return File("errands.catalogue.json", json.dumps(data).encode())


def _kind() -> File:
    return File("errand.case.json", json.dumps(KIND).encode())


def _deploy(engine: Engine, *files: File) -> None:
    with engine.unit("system") as unit:
        deployment.deploy(unit, files)


def _asked(engine: Engine, text: str) -> object:
    with engine.read() as conn:
        _, functions = definitions.functions_at(conn, definitions.number(conn))
        return compile_expression(text, functions=functions).evaluate({})


def test_a_kind_of_case_shows_the_labels_of_its_catalogue(engine: Engine) -> None:
    _deploy(engine, File("errand.bpmn", PROCESS), _kind(), _catalogue(NETWORK))
    with engine.read() as conn:
        fields = {one.key: dict(one.options) for one in cases.kind(conn, "errand").fields}
    assert fields["category"] == {"network": "网络"}
    assert fields["subcategory"] == {
        "network.slow": "网络 / 网速慢", "network.none": "网络 / 没信号",
    }


def test_a_new_version_counts_at_once(engine: Engine) -> None:
    _deploy(engine, File("errand.bpmn", PROCESS), _kind(), _catalogue(NETWORK))
    assert _asked(engine, 'categories("errands", "network").value') == [
        "network.slow", "network.none",
    ]
    changed = json.loads(json.dumps(NETWORK))
    changed["children"][0]["until"] = "2020-01-01"
    changed["children"].append({"key": "dear", "label": "资费高"})
    _deploy(engine, _catalogue(changed))
    assert _asked(engine, 'categories("errands", "network").value') == [
        "network.none", "network.dear",
    ]
    assert _asked(engine, 'categoryPath("errands", "network.slow")') == "网络 / 网速慢"
    with engine.read() as conn:
        (known,) = categories.named(conn, definitions.number(conn)).values()
        kind = cases.kind(conn, "errand")
    assert "network.dear" in known.categories
    assert kind.fields[1].options["network.slow"] == "网络 / 网速慢"


def test_a_category_cannot_be_left_out_once_it_was_deployed(engine: Engine) -> None:
    _deploy(engine, _catalogue(NETWORK, {"key": "other", "label": "其他"}))
    with pytest.raises(DeploymentRefused) as refused:
        _deploy(engine, _catalogue(NETWORK))
    (finding,) = refused.value.findings
    assert finding.rule == "category-removed"
    assert "other（其他）" in finding.zh
    assert "until" in finding.remedy_zh
    assert _asked(engine, 'categoryPath("errands", "other")') == "其他"


def test_a_kind_of_case_needs_its_catalogue(engine: Engine) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        _deploy(engine, File("errand.bpmn", PROCESS), _kind())
    found = [one.zh for one in refused.value.findings if one.severity == "error"]
    assert found == [
        f"字段 {key} 的分类目录 errands 没有部署，也不在这次的文件里。"
        for key in ("category", "subcategory")
    ]


def test_a_wrong_catalogue_is_not_deployed(engine: Engine) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        _deploy(engine, _catalogue(NETWORK, NETWORK))
    assert any("代码重复" in one.zh for one in refused.value.findings)
