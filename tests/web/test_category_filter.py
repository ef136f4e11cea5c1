"""Cases and figures narrowed to a category of any level, chosen level by level."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine import deployment
from engine.model import File
from engine.tables import cases
from engine.wiring import Engine
from tests.web.conftest import FILES, Browser

Open = Callable[[str], Browser]
SHIPPED = Path(__file__).parents[2] / "processes/complaint"
CASES = {
    "住宅无信号": "network.coverage.indoor.residential",
    "电梯无信号": "network.coverage.indoor.basement",
    "路上断线": "network.coverage.outdoor.road",
    "多扣了钱": "billing.dispute.package-fee.higher",
}
LEVELS = ("category", "subcategory", "category3", "category4")


def _data(code: str) -> dict[str, str]:
    keys = code.split(".")
    return {name: ".".join(keys[: n + 1]) for n, name in enumerate(LEVELS)}


@pytest.fixture
def sorted_cases(desk: Engine) -> Engine:
    kind = json.loads((FILES / "desk.case.json").read_bytes())
    kind["fields"] += [
        {"key": key, "label": key, "type": "select", "catalogue": "complaint", "level": n + 1}
        for n, key in enumerate(LEVELS)
    ]
    figure = (SHIPPED / "figures/on-spot.figure.sql").read_bytes()
    files = [
        File("desk.case.json", json.dumps(kind).encode()),
        File("complaint.catalogue.json", (SHIPPED / "complaint.catalogue.json").read_bytes()),
        File("on-spot.figure.sql", figure.replace(b"c.kind = 'complaint'", b"c.kind = 'desk'")),
    ]
    at = datetime(2026, 3, 10, 9, tzinfo=UTC)
    with desk.unit("system") as unit:
        deployment.deploy(unit, files)
        unit.conn.execute(cases.insert(), [{
            "key": unit.key(), "kind": "desk", "number": f"TS{n}", "status": "处理中",
            "title": title, "search": "", "received_at": at, "opened_at": at, "sample": False,
            "data": {**_data(code), "intake_result": "solved" if n == 0 else "dispatch"},
        } for n, (title, code) in enumerate(CASES.items())])
    return desk


def _titles(words: str) -> set[str]:
    return {title for title in CASES if title in words}


def _offered(html: str) -> dict[str, Any]:
    select = re.search(r'<select[^>]*name="category".*?</select>', html, re.S)
    assert select
    return dict(re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', select[0]))


@pytest.mark.parametrize(
    ("category", "found"),
    [
        ("", set(CASES)),
        ("network", {"住宅无信号", "电梯无信号", "路上断线"}),
        ("network.coverage", {"住宅无信号", "电梯无信号", "路上断线"}),
        ("network.coverage.indoor", {"住宅无信号", "电梯无信号"}),
        ("network.coverage.indoor.basement", {"电梯无信号"}),
        ("billing", {"多扣了钱"}),
        ("no.such", set()),
    ],
)
def test_the_list_narrows_to_a_category_of_any_level(
    sorted_cases: Engine, browser_of: Open, category: str, found: set[str]
) -> None:
    page = browser_of("li").get(f"/cases?category={category}")
    assert page.status == 200
    assert _titles(page.words) == found


def test_the_filter_offers_the_next_level(sorted_cases: Engine, browser_of: Open) -> None:
    browser = browser_of("li")
    first = _offered(browser.get("/cases").text)
    assert len(first) == 10
    assert first["network"] == "网络质量"
    deeper = _offered(browser.get("/cases?category=network.coverage").text)
    assert deeper["network.coverage"] == "　网络覆盖"
    assert deeper["network.coverage.indoor"] == "　　室内覆盖"
    assert not any(code.startswith("billing.") for code in deeper)


def test_figures_narrow_and_compare_by_category(
    sorted_cases: Engine, browser_of: Open
) -> None:
    browser = browser_of("li")
    address = "/figures/on-spot?month=2026-03"
    assert "25.0%" in browser.get(address).words
    assert "33.3%" in browser.get(f"{address}&category=network").words
    assert "50.0%" in browser.get(f"{address}&category=network.coverage.indoor").words
    compared = browser.get(f"{address}&category=network.coverage&by=category").words
    assert "室内覆盖 50.0%" in compared
    assert "室外覆盖 0.0%" in compared
    assert "资费账单 0.0%" in browser.get(f"{address}&by=category").words
