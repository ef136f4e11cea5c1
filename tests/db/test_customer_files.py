"""The customer's level from his record, and records brought up to date from another system's
file by ``bihuan import``."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import Engine, cases, customers, run
from engine.customers import log
from engine.model import Json
from tests.db import errand
from web.commands.import_ import command
from web.commands.user import add

LEVEL = {
    "key": "level", "label": "客户级别", "type": "select",
    "options": {"vip": "重点客户", "high-star": "高星级客户", "ordinary": "普通客户"},
}
HEADER = ["用户号码", "客户名称", "星级", "重点客户", "客户经理工号"]
MAPPING = Path("processes/mappings/boss-customers.json").read_text("utf-8")


@pytest.fixture(autouse=True)
def deployed(engine: Engine) -> None:
    errand.deploy(
        engine, fields=[*errand.KIND["fields"], LEVEL],
        customer=errand.KIND["customer"] | {"default_level": "ordinary"},
    )


def level_of(engine: Engine, number: str, level: str | None = None) -> Json:
    """The level by which a new case of this number is handled."""
    said: dict[str, Json] = {"topic": "断网", "phone": number, "level": level}
    with engine.unit("wang01") as unit:
        case_id = cases.open_(unit, "errand", said).case_id
    with engine.read() as conn:
        seen = run.variables(conn, case_id)["level"]
        assert cases.view(conn, case_id).data["level"] == seen, "as the case's page shows it"
    return seen


def person(engine: Engine, number: str) -> customers.Known:
    with engine.read() as conn:
        found = customers.glance(conn, number, datetime.now(UTC))
    assert found is not None
    return found


def test_a_known_customer_s_level_holds_where_nobody_says_another(engine: Engine) -> None:
    assert level_of(engine, "13812345678") == "ordinary", "nobody knows him"
    assert level_of(engine, "13812345678", "vip") == "vip"
    assert level_of(engine, "138-1234-5678") == "vip"
    assert level_of(engine, "") == "ordinary", "no number"
    assert person(engine, "13812345678").level == "vip"


def test_a_default_that_is_no_level_is_refused(engine: Engine) -> None:
    kind = errand.KIND | {
        "fields": [*errand.KIND["fields"], LEVEL],
        "customer": errand.KIND["customer"] | {"default_level": "gold"}, "due": "null",
    }
    (found,) = cases.check(json.dumps(kind).encode(), "errand.case.json", {})
    assert "customer.default_level" in found.zh
    assert "gold" in found.zh


def bring(database: str, folder: Path, rows: list[list[str]], *more: str) -> Result:
    file, mapping = folder / "客户.csv", folder / "m.json"
    with file.open("w", encoding="gb18030", newline="") as target:
        csv.writer(target).writerows([HEADER, *rows])
    mapping.write_text(MAPPING, "utf-8")
    rejects = str(folder / "bad.csv")
    return CliRunner().invoke(
        command, [str(file), "--mapping", str(mapping), "--rejects", rejects, *more],
        env={"DATABASE_URL": database, "BIHUAN_DATA": str(folder)},
    )


def test_what_boss_knows_counts_for_the_next_case(
    engine: Engine, database: str, tmp_path: Path
) -> None:
    CliRunner().invoke(
        add, ["jingli01", "--name", "周敏", "--password-stdin"], input="a long password 1\n",
        env={"DATABASE_URL": database, "BIHUAN_DATA": str(tmp_path)}, catch_exceptions=False,
    )
    level_of(engine, "13812345678")
    done = bring(database, tmp_path, [
        ["138 1234 5678", "张三丰", "5", "否", ""],
        ["13900000000", "李四", "", "是", "JINGLI01"],
        ["13900000001", "王五", "9", "否", ""],
        ["", "无号码", "", "", ""],
        ["13900000002", "赵六", "", "", "nobody"],
    ])
    assert "客户：新增 1，更新 1，未变 0，未导入 3 行。" in done.output, done.output
    assert done.exit_code == 1
    assert level_of(engine, "13812345678") == "high-star"
    assert level_of(engine, "13900000000") == "vip"
    assert person(engine, "13900000000").data["manager"] == "jingli01"
    with (tmp_path / "bad.csv").open(encoding="utf-8-sig", newline="") as file:
        reasons = [row[-1] for row in list(csv.reader(file))[1:]]
    assert reasons == ["星级为 1–5，不能是 9。", "用户号码：没有号码。", "没有在用的工号 nobody。"]


def test_a_second_file_changes_what_changed_and_says_so(
    engine: Engine, database: str, tmp_path: Path
) -> None:
    rows = [["13812345678", "张三丰", "5", "否", ""], ["13900000000", "李四", "3", "否", ""]]
    bring(database, tmp_path, rows)
    assert "新增 0，更新 0，未变 2" in bring(database, tmp_path, rows).output
    rows[0][2] = "2"
    assert "新增 0，更新 1，未变 1" in bring(database, tmp_path, rows).output
    changed = person(engine, "13812345678")
    assert (changed.level, changed.data["star"]) == ("ordinary", "2")
    with engine.read() as conn:
        (entry,) = log.entries(conn, [changed.key])
    assert (entry.actor, entry.data["level"], entry.data["before"]) == (
        "import", "ordinary", "high-star")


def test_checking_writes_nothing(engine: Engine, database: str, tmp_path: Path) -> None:
    done = bring(database, tmp_path, [["13812345678", "张三丰", "5", "否", ""]], "--check")
    assert "可以导入 1 行，有问题 0 行。" in done.output
    with engine.read() as conn:
        assert customers.get(conn, "13812345678") is None


def test_a_mapping_of_customers_names_what_it_cannot_say(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = json.loads(MAPPING)
    wrong["fields"]["marks"] = "星级"
    monkeypatch.setattr(f"{__name__}.MAPPING", json.dumps(wrong))
    done = bring(database, tmp_path, [["13812345678", "张三丰", "5", "否", ""]])
    assert done.exit_code != 0
    assert "marks" in f"{done.output}{done.exception}"
