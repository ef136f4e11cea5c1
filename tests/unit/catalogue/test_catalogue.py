"""Catalogues: what is inherited, what is active when, what forms and tables ask by FEEL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from engine import catalogue
from engine.errors import Invalid
from engine.feel import FeelError, compile_expression

FILE = "sample.catalogue.json"
SAMPLE: dict[str, Any] = {
    "id": "sample", "name": "示例目录",
    "levels": [
        {"name": "大类", "owner": "group"}, {"name": "小类", "owner": "group"},
        {"name": "场景", "owner": "province"},
    ],
    "elements": {"place": "问题地点", "occurred": "发生时间", "amount": "争议金额"},
    "categories": [
        {
            "key": "network", "label": "网络质量", "specialty": "网络", "unit": "network",
            "elements": ["place"],
            "children": [
                {
                    "key": "coverage", "label": "网络覆盖", "elements": ["occurred", "place"],
                    "from": "2026-01-01",
                    "children": [
                        {"key": "indoor", "label": "室内", "until": "2026-06-30"},
                        {"key": "outdoor", "label": "室外", "unit": "branch"},
                    ],
                },
                {"key": "outage", "label": "网络中断", "urgent": True, "specialty": "抢修"},
            ],
        },
        {"key": "billing", "label": "资费账单", "elements": ["amount"]},
    ],
}


def content(change: Callable[[dict[str, Any]], object] = lambda _: None) -> bytes:
    data = json.loads(json.dumps(SAMPLE))
    change(data)
    return json.dumps(data, ensure_ascii=False).encode()


def feel(text: str, on: date = date(2026, 3, 2), **variables: object) -> object:
    known = {"sample": catalogue.parse(content(), FILE)}
    compiled = compile_expression(
        text, names=variables, functions=catalogue.functions(known, lambda: on)
    )
    return compiled.evaluate(variables)


def values(text: str, **more: Any) -> list[str]:
    found = feel(text, **more)
    assert isinstance(found, list)
    return [one["value"] for one in found]


def test_choices_follow_the_level_above() -> None:
    assert feel('categories("sample")') == [
        {"label": "网络质量", "value": "network"}, {"label": "资费账单", "value": "billing"},
    ]
    assert values('categories("sample", category)', category="network") == [
        "network.coverage", "network.outage",
    ]


@pytest.mark.parametrize("parent", [None, "network.outage", "no.such", "billing"])
def test_nothing_to_choose_where_nothing_is_below(parent: str | None) -> None:
    assert values('categories("sample", above)', above=parent) == []


def test_a_category_is_offered_on_its_days_only() -> None:
    below = 'categories("sample", "network.coverage")'
    assert values(below, on=date(2026, 6, 30)) == [
        "network.coverage.indoor", "network.coverage.outdoor",
    ]
    assert values(below, on=date(2026, 7, 1)) == ["network.coverage.outdoor"]
    assert values(below, on=date(2025, 12, 31)) == []  # the level above has not begun


def test_a_retired_category_stays_where_a_case_has_it_and_stays_readable() -> None:
    kept = values(
        'categories("sample", "network.coverage", old)',
        on=date(2027, 1, 1), old="network.coverage.indoor",
    )
    assert kept == ["network.coverage.indoor", "network.coverage.outdoor"]
    path = feel('category path("sample", "network.coverage.indoor")', on=date(2027, 1, 1))
    assert path == "网络质量 / 网络覆盖 / 室内"


def test_an_entry_inherits_what_it_does_not_say() -> None:
    found = feel('categoryEntry("sample", "network.coverage.outdoor")')
    assert isinstance(found, dict)
    assert found["elements"] == ["place", "occurred"]
    assert found["element labels"] == ["问题地点", "发生时间"]
    assert (found["specialty"], found["unit"], found["urgent"]) == ("网络", "branch", False)
    assert feel('category entry("sample", "network.outage").specialty') == "抢修"
    assert feel('category entry("sample", "network.outage").urgent') is True


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        ('"network", "network.coverage", "network.coverage.indoor"', "network.coverage.indoor"),
        ('"network", "network.coverage", null', "network.coverage"),
        ('"network", null, "network.coverage.indoor"', "network.coverage.indoor"),
        ('"billing", "network.coverage"', "billing"),  # left over from another choice
        ('"network", "old.code"', "network"),
        ("null, null", None),
    ],
)
def test_of_several_codes_the_deepest_that_fits_counts(codes: str, found: str | None) -> None:
    assert feel(f'category entry("sample", {codes}).code') == found


def test_unknown_codes_are_null_and_unknown_catalogues_are_refused() -> None:
    assert feel('category path("sample", "old.code")') is None
    assert feel('category entry("sample", null)') is None
    with pytest.raises(FeelError, match="No catalogue other is deployed") as refused:
        feel('categories("other")')
    assert "没有部署过分类目录 other" in refused.value.zh


def _first(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["categories"][0]
    return found


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        (lambda d: _first(d).update(key="Net Work"), "categories[0].key", "不能用"),
        (lambda d: d["categories"].append(_first(d)), "network", "代码重复"),
        (lambda d: d["categories"][1].update(label="网络质量"), "billing", "同级已有"),
        (lambda d: _first(d).update(elements=["plaec"]), "network.elements", "'plaec'"),
        (lambda d: _first(d).update(until="31.12.2026"), "network.until", "不是日期"),
        (lambda d: _first(d).update({"from": "2026-02-01", "until": "2026-01-01"}), "network",
         "停用日期早于"),
        (lambda d: _first(d).update(colour="red"), "categories[0].colour", "colour"),
        (lambda d: d.update(levels=d["levels"][:2]), "network.coverage.children", "只有 2 级"),
        (lambda d: d.update(id="other"), "id", "与文件名"),
        (lambda d: d.update(categories=[]), "categories", "至少要有一个分类"),
        (lambda d: _first(d).update(urgent="yes"), "network.urgent", "true 或 false"),
    ],
)
def test_a_fault_is_named_by_its_place(
    change: Callable[[dict[str, Any]], object], place: str, said: str
) -> None:
    found = catalogue.check(content(change), FILE)
    assert any(one.zh.startswith(f"{place}：") and said in one.zh for one in found), found
    assert all(one.severity == "error" and one.en for one in found)
    with pytest.raises(Invalid):
        catalogue.parse(content(change), FILE)


@pytest.mark.parametrize("bytes_", [b"\xff", b"[]", b"{", b'{"id": 1}', b"null"])
def test_what_is_no_catalogue_is_said_to_be_none(bytes_: bytes) -> None:
    assert catalogue.check(bytes_, FILE)


def test_a_category_once_deployed_is_retired_not_removed() -> None:
    before = catalogue.parse(content(), FILE)
    now = catalogue.parse(content(lambda d: _first(d)["children"].pop(0)), FILE)
    found = catalogue.removed(before, now, FILE)
    assert [one.rule for one in found] == ["category-removed"] * 3
    assert "网络质量 / 网络覆盖 / 室内" in found[1].zh
    assert not catalogue.removed(now, before, FILE)


@pytest.mark.parametrize(
    ("chosen", "offered"),
    [
        ("", ["network", "billing"]),
        ("no.such", ["network", "billing"]),
        ("network", ["network", "network.coverage", "network.outage", "billing"]),
        ("network.coverage.indoor", [
            "network", "network.coverage", "network.coverage.indoor", "network.coverage.outdoor",
            "network.outage", "billing",
        ]),
    ],
)
def test_a_filter_unfolds_the_way_to_what_is_chosen(chosen: str, offered: list[str]) -> None:
    known = catalogue.parse(content(), FILE)
    assert [one.code for one in known.unfolded(chosen)] == offered
