"""`bihuan import` on real files and a real database."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from engine import Engine, cases, run
from engine.errors import Invalid, NotFound
from engine.tables import cases as table
from engine.tables import user_tasks
from tests.db import errand
from web.commands import shipped
from web.commands.import_ import command

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
MAPPING: dict[str, Any] = {
    "source": "old", "kind": "errand", "id": "编号",
    "received": {"column": "时间", "formats": ["%Y/%m/%d %H:%M"]},
    "fields": {"topic": {"column": "内容", "required": True}, "phone": "号码"},
}
TABLE = [
    ["编号", "时间", "内容", "号码"],
    ["1", "2026/1/6 8:05", "宽带断网", "13812345678"],
    ["2", "昨天", "多扣费", "13900000000"],
    ["3", "2026/1/7 18:00", "", "13900000000"],
    ["4", "2026/1/8 9:00", "信号差，\n室内尤甚", "138-1234-5678"],
    ["1", "2026/1/9 9:00", "编号重复", ""],
    ["5", "2026/1/9 9:00", "号码过长", "9" * 70],
    ["6", "2026/1/9 9:00"],
]


@pytest.fixture(autouse=True)
def deployed(engine: Engine) -> None:
    errand.deploy(engine)


@pytest.fixture
def imports(database: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs ``bihuan import`` in ``tmp_path`` on this test's database."""
    (tmp_path / "m.json").write_text(json.dumps(MAPPING), "utf-8")

    def go(file: Path, *more: str) -> Result:
        rejects = str(tmp_path / "bad.csv")
        mapping = () if "--mapping" in more else ("--mapping", str(tmp_path / "m.json"))
        environment = {"DATABASE_URL": database, "BIHUAN_DATA": str(tmp_path)}
        return CliRunner().invoke(
            command, [str(file), *mapping, "--rejects", rejects, *more], env=environment
        )

    return go


@pytest.fixture
def gbk(tmp_path: Path) -> Path:
    file = tmp_path / "投诉.csv"
    with file.open("w", encoding="gbk", newline="") as target:
        csv.writer(target).writerows(TABLE)
    return file


def imported(engine: Engine) -> dict[str, cases.CaseRow]:
    with engine.read() as conn:
        rows = conn.execute(select(table.c.source_ref, table.c.key)).all()
        return {row.source_ref: cases.view(conn, row.key).row for row in rows}


def rejected(tmp_path: Path) -> list[list[str]]:
    with (tmp_path / "bad.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_good_rows_become_running_cases_and_bad_rows_are_told(
    engine: Engine, imports: Callable[..., Result], gbk: Path, tmp_path: Path
) -> None:
    done = imports(gbk)
    assert done.exit_code == 1, done.output
    assert "新导入 2 件，以前已导入 0 件，未导入 5 行。" in done.output
    found = imported(engine)
    assert set(found) == {"1", "4"}
    assert found["1"].received_at == datetime(2026, 1, 6, 0, 5, tzinfo=UTC)
    assert found["4"].title == "信号差， 室内尤甚"
    assert found["1"].status == "查看中"
    with engine.read() as conn:
        tasks = conn.execute(select(user_tasks.c.element_id, user_tasks.c.state)).all()
        assert [tuple(task) for task in tasks] == [("look", "created")] * 2
        due = run.variables(conn, found["1"].key)["case"]["received_at"]
        assert due == "2026-01-06T08:05:00+08:00"
        customer = cases.of_customer(conn, "13812345678")
        assert customer is not None
        assert len(customer.open) == 2
    header, *rows = rejected(tmp_path)
    assert header == [*TABLE[0], "行号", "未导入原因"]
    reasons = {row[4]: row[5] for row in rows}
    assert set(reasons) == {"3", "4", "7", "8", "9"}
    assert "昨天" in reasons["3"]
    assert reasons["4"] == "内容：没有值。"
    assert reasons["7"] == "编号 1 与第 2 行重复。"
    assert "客户号码" in reasons["8"]
    assert "只有 2 个单元格" in reasons["9"]


def test_a_second_run_adds_nothing_and_corrected_rejects_go_in(
    engine: Engine, imports: Callable[..., Result], gbk: Path, tmp_path: Path
) -> None:
    imports(gbk)
    again = imports(gbk)
    assert "新导入 0 件，以前已导入 2 件，未导入 5 行。" in again.output
    assert len(imported(engine)) == 2
    corrected = tmp_path / "改好.csv"
    with corrected.open("w", encoding="utf-8-sig", newline="") as target:
        header, first, *_ = rejected(tmp_path)
        first[1] = "2026/1/6 8:05"
        csv.writer(target).writerows([header, first])
    assert imports(corrected).exit_code == 0
    assert set(imported(engine)) == {"1", "2", "4"}


def test_checking_says_the_same_and_opens_nothing(
    engine: Engine, imports: Callable[..., Result], gbk: Path
) -> None:
    done = imports(gbk, "--check")
    assert "可以导入 3 行，有问题 4 行。" in done.output
    assert imported(engine) == {}


def test_only_the_first_rows_are_read_with_a_limit(
    engine: Engine, imports: Callable[..., Result], gbk: Path
) -> None:
    assert imports(gbk, "--limit", "1").exit_code == 0
    assert set(imported(engine)) == {"1"}


def test_what_cannot_be_imported_at_all_is_said(
    imports: Callable[..., Result], gbk: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert isinstance(imports(empty).exception, Invalid)
    other = tmp_path / "other.json"
    other.write_text(json.dumps(MAPPING | {"kind": "nothing"}), "utf-8")
    assert isinstance(imports(gbk, "--mapping", str(other)).exception, NotFound)
    itself = imports(tmp_path / "投诉.csv", "--rejects", str(gbk))
    assert itself.exit_code == 2
    for wrong, word in ((tmp_path / "missing.csv", "没有文件"), (tmp_path, "是文件夹")):
        refused = imports(wrong)
        assert refused.exit_code == 2
        assert word in refused.output
    columns = tmp_path / "columns.csv"
    columns.write_text("编号,时间,号码\n1,2026/1/6 8:05,1\n", "utf-8")
    assert "fields.topic" in str(imports(columns).exception)


def test_an_import_that_is_killed_goes_on_where_it_was(
    engine: Engine, database: str, imports: Callable[..., Result], tmp_path: Path
) -> None:
    rows = 400
    file = tmp_path / "many.csv"
    lines = [f"{n},2026/1/6 8:05,事由 {n},1390000{n:04}" for n in range(rows)]
    file.write_text("\n".join(["编号,时间,内容,号码", *lines]), "utf-8")
    killed = subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", "import", str(file),
         "--mapping", str(tmp_path / "m.json"), "--rejects", str(tmp_path / "bad.csv")],
        env=os.environ | {"DATABASE_URL": database, "BIHUAN_DATA": str(tmp_path)},
        cwd=ROOT, stdout=subprocess.DEVNULL,
    )
    with killed:
        while count(engine) < 30:
            assert killed.poll() is None
        killed.kill()
    before = count(engine)
    assert 30 <= before < rows
    done = imports(file)
    assert done.exit_code == 0, done.output
    # A transaction that was running when its client died may still have been committed.
    assert count(engine) == rows
    assert set(imported(engine)) == {str(n) for n in range(rows)}
    with engine.read() as conn:
        assert conn.scalar(select(func.count()).select_from(user_tasks)) == rows


def count(engine: Engine) -> int:
    with engine.read() as conn:
        return int(conn.scalar(select(func.count()).select_from(table)) or 0)


@pytest.mark.parametrize(
    ("data", "mapping", "limit", "added"),
    [
        ("cfpb/complaints_sample.csv", "cfpb", 120, 120),
        ("zh_messages_sample/e2_labelled_495.xlsx", "citizen-messages", 60, 60),
        ("zh_messages_sample/e4_replies_120.xlsx", "citizen-replies", 40, 40),
    ],
)
def test_real_complaints_run_in_the_shipped_process(
    engine: Engine, imports: Callable[..., Result], data: str, mapping: str, limit: int,
    added: int,
) -> None:
    path = DATA / data
    if not path.exists():
        pytest.skip(f"test data {data} is not on this machine")
    shipped.deploy(engine)
    mapping_file = ROOT / "processes" / "mappings" / f"{mapping}.json"
    done = imports(path, "--mapping", str(mapping_file), "--limit", str(limit))
    assert done.exit_code == 0, done.output
    found = imported(engine)
    assert len(found) == added
    assert {row.status for row in found.values()} == {"受理中"}
    assert all(row.received_at < datetime(2021, 1, 1, tzinfo=UTC) for row in found.values())
    assert all(row.late and row.title for row in found.values())
    with engine.read() as conn:
        tasks = select(func.count()).where(user_tasks.c.element_id == "pre_process")
        assert conn.scalar(tasks) == added
