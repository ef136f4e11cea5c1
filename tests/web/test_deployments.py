"""Deploying in the browser: findings first, all or nothing, versions, downloads, bad files."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from tests.web.conftest import FILES, Answer, Browser

Open = Callable[[str], Browser]
DESK = (FILES / "desk.bpmn").read_bytes()
TABLES = Path(__file__).parents[2] / "processes" / "complaint"


def upload(*files: tuple[str, bytes]) -> dict[str, object]:
    return {"files": [(io.BytesIO(content), name) for name, content in files]}


def test_what_is_deployed(browser_of: Open) -> None:
    words = browser_of("root").get("/deployments").words
    for name in ("服务台来电", "服务台", "desk-check", "第 1 版"):
        assert name in words


def test_check_then_deploy_a_changed_file(browser_of: Open) -> None:
    root = browser_of("root")
    changed = DESK.replace("name=\"核对\"".encode(), "name=\"核对来电\"".encode())
    assert changed != DESK
    checked = root.post("/deployments/check", upload(("desk.bpmn", changed)))
    assert "1 个文件" in checked.words
    assert "第 2 版" not in root.get("/deployments/process/desk").words
    done = root.post("/deployments", upload(
        ("folder/desk.bpmn", changed), ("desk-urge.form", (FILES / "desk-urge.form").read_bytes())))
    assert done.status == 200
    assert "服务台：第 2 版，已生效" in done.words
    assert "没有改动，仍是第 1 版" in done.words
    versions = root.get("/deployments/process/desk")
    assert versions.words.index("第 2 版") < versions.words.index("第 1 版")
    assert "管理员高" in versions.words


def test_findings_say_where_and_what_to_do(browser_of: Open) -> None:
    root = browser_of("root")
    broken = DESK.replace(b'formId="desk-check"', b'formId="desk-chek"')
    answer = root.post("/deployments", upload(("desk.bpmn", broken)),
                       headers={"HX-Request": "true"})
    assert answer.status == 422
    assert "部署被拒绝" in answer.words
    assert "desk-chek" in answer.words
    assert "desk.bpmn 第" in answer.words
    assert "核对" in answer.words
    assert "怎么办" in answer.words
    assert "第 2 版" not in root.get("/deployments/process/desk").words


def test_files_that_are_none(browser_of: Open) -> None:
    root = browser_of("root")
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    for name, content in (("a.bpmn", b"not xml"), ("b.bpmn", bomb), ("c.bpmn", outside),
                          ("d.form", b"{"), ("e.exe", b"MZ"), ("f.dmn", b""), ("g.bpmn", b"<a/>")):
        answer = root.post("/deployments", upload((name, content)))
        assert answer.status == 422, name
        assert name in answer.words
        assert "root:" not in answer.text
    assert "没有选择要部署的文件" in root.post("/deployments").words


def test_a_file_that_is_too_large(browser_of: Open) -> None:
    root = browser_of("root")
    part = b'--cut\r\nContent-Disposition: form-data; name="files"; filename="big.bpmn"\r\n\r\n'
    answer = Answer(root.client.post(
        "/deployments", data=part + b"x" * 3_000_000 + b"\r\n--cut--\r\n",
        content_type="multipart/form-data; boundary=cut", headers={"X-CSRF-Token": root.token},
    ))
    assert answer.status == 413
    assert "太大" in answer.words


def test_names_of_files_are_escaped(browser_of: Open) -> None:
    answer = browser_of("root").post("/deployments", upload(("<img src=x>.bpmn", b"<a/>")))
    assert "<img" not in answer.text.replace('<img src="/static/', "")


def test_download(browser_of: Open) -> None:
    root = browser_of("root")
    page = root.get("/deployments/process/desk").text
    key = page.split("/definitions/")[1].split("/")[0]
    answer = root.get(f"/definitions/{key}/file")
    assert answer.content == DESK
    assert answer.headers["Content-Disposition"] == "attachment; filename=desk.bpmn"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert root.get("/definitions/1/file").status == 404
    assert root.get("/deployments/process/nothing").status == 404


def test_a_limit_that_is_no_duration_is_refused(browser_of: Open) -> None:
    limits = (TABLES / "limits.dmn").read_text("utf-8")
    for right, wrong, said in (
        ("PT240M", "240 分钟", "不符合类型 时长"), ("工作时间", "工作小时", "不符合类型 计时方式"),
    ):
        answer = browser_of("root").post(
            "/deployments", upload(("limits.dmn", limits.replace(
                f'<text>"{right}"</text>', f'<text>"{wrong}"</text>').encode())))
        assert answer.status == 422
        assert said in answer.words
        assert "规则" in answer.words


def test_what_may_be_a_mistake_is_told_with_what_was_deployed(browser_of: Open) -> None:
    marks = (TABLES / "attention.dmn").read_text("utf-8").replace("&gt;= 3", "&gt;= 三")
    answer = browser_of("root").post("/deployments", upload(("attention.dmn", marks.encode())))
    assert answer.status == 200
    for said in ("部署完成", "处提醒，见下", "三 没有引号", "组“expert-seat”不在组织里"):
        assert said in answer.words
    wrong = DESK.replace(b'candidateGroups="intake"', b'candidateGroups="intaek"')
    assert wrong != DESK
    told = browser_of("root").post("/deployments", upload(("desk.bpmn", wrong))).words
    assert "组“intaek”不在组织里" in told
    assert "是否应为“intake”" in told
