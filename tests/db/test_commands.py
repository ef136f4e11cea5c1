"""``bihuan deploy`` and ``bihuan migrate`` from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import Engine, deployment
from engine.store.migrate import latest
from tests.db.clockwork import LIMITS, handling, table
from tests.db.play import Play, steps
from web.cli import main


@pytest.fixture(autouse=True)
def environment(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands work on the test's database."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("BIHUAN_DATA", str(tmp_path / "data"))


def bihuan(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def deployed(engine: Engine) -> list[tuple[str, int]]:
    with engine.read() as conn:
        return [(one.id, one.version) for one in deployment.definitions(conn)]


def test_deploy_a_folder_and_a_file(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "流程"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "p.bpmn").write_bytes(steps("a"))
    (folder / "notes.txt").write_text("not for deploying", "utf-8")
    other = tmp_path / "q.bpmn"
    other.write_bytes(steps("b", id_="q"))
    assert bihuan("deploy", str(folder), str(other)) == 0
    assert deployed(engine) == [("p", 1), ("q", 1)]
    said = capsys.readouterr().out
    assert "p.bpmn：p，第 1 版" in said
    assert bihuan("deploy", str(folder)) == 0
    assert "没有变化" in capsys.readouterr().out


def test_a_wrong_file_is_shown_and_nothing_deployed(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p.bpmn").write_bytes(steps("a"))
    (tmp_path / "q.bpmn").write_bytes(b"no XML")
    assert bihuan("deploy", str(tmp_path)) == 1
    assert "q.bpmn" in capsys.readouterr().err
    assert deployed(engine) == []


def test_checking_deploys_nothing(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.bpmn"
    file.write_bytes(steps("a"))
    assert bihuan("deploy", "--check", str(file)) == 0
    file.write_bytes(b"no XML")
    assert bihuan("deploy", "--check", str(file)) == 1
    assert "p.bpmn" in capsys.readouterr().out
    assert deployed(engine) == []


def test_wrong_use(tmp_path: Path) -> None:
    assert bihuan("deploy", str(tmp_path / "nothing")) == 2
    assert bihuan("deploy", str(tmp_path)) == 2
    assert bihuan("deploy") == 2


def test_migrate_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert bihuan("migrate") == 0
    assert latest() in capsys.readouterr().out


def test_a_server_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://li:secret@/x?host={tmp_path}")
    assert bihuan("migrate") == 2
    said = capsys.readouterr().err
    assert "连不上数据库" in said
    assert "secret" not in said


def test_an_address_that_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://x/y")
    assert bihuan("migrate") == 2
    assert "DATABASE_URL" in capsys.readouterr().err


def test_limits_of_open_cases_by_a_new_table(
    engine: Engine, play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    play.deploy({"p.bpmn": handling(), "limits.dmn": LIMITS})
    play.start(variables={"class": "一", "case_key": "k", "why": ""})
    assert bihuan("limits") == 0
    assert "都按最新的表计算" in capsys.readouterr().out
    play.deploy({"limits.dmn": table(("一", "PT2H", "自然时间"))})
    assert bihuan("limits") == 0
    assert "limit（到期时间）第 2 版：1 个在途时限仍按旧版" in capsys.readouterr().out
    assert bihuan("limits", "limit") == 0
    assert "会变化 1 个，其中 0 个立即超时" in capsys.readouterr().out
    assert bihuan("limits", "limit", "--apply", "时限表修订") == 0
    assert "变化 1 个，不变 0 个，未能计算 0 个" in capsys.readouterr().out
    assert bihuan("limits") == 0
    assert "都按最新的表计算" in capsys.readouterr().out
