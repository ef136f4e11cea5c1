"""The customers' pages and the phone form in a browser, at a desk and on a phone, with files."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

import forms
from engine import attachments, cases, deployment, duties, organisation, tasks
from engine.cases import work
from engine.model import Person
from engine.wiring import Engine
from web.app import create_app
from web.commands import shipped
from web.commands.sample import ORGANISATION
from web.settings import Settings

Enter = Callable[[str], None]
Check = Callable[[], None]
JPG = b"\xff\xd8\xff\xe0" + b"x" * 2000
REFUSED = re.compile(r"the server responded with a status of 422")


@pytest.fixture(scope="module")
def shipped_files() -> list[Any]:
    return shipped.files()


@pytest.fixture
def desk(database: str, shipped_files: list[Any]) -> Iterator[Engine]:
    """The shipped processes, in place of the small desk."""
    engine = Engine(database, local_job_types=frozenset(duties.DUTIES),
                    checks={".form": forms.findings})
    with engine.unit("system:install") as unit:
        organisation.load(unit, ORGANISATION.read_bytes(), ORGANISATION.name)
        deployment.deploy(unit, shipped_files)
    yield engine
    engine.close()


@pytest.fixture
def address(desk: Engine) -> Iterator[str]:
    app = create_app(Settings(secret_key="k" * 40, demo=True, upload_limit_mb=2), desk)
    httpd = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "现场.jpg"
    path.write_bytes(JPG)
    return path


def names(desk: Engine, kind: str = "complaint") -> list[str]:
    with desk.read() as conn:
        [row] = cases.search(conn, kind=kind).rows
        return [one.name for one in attachments.attached(conn, row.key)]


def fill_in(page: Page) -> None:
    page.get_by_label("业务号码").fill("13800138000")
    page.get_by_label("您的称呼").fill("王芳")
    page.get_by_label("所在地市").select_option("hangzhou")


def test_a_customer_files_with_a_picture_and_sees_where_it_stands(
    page: Page, accessible: Check, desk: Engine, photo: Path, nothing_goes_wrong: list[str]
) -> None:
    page.goto("/service")
    accessible()
    page.get_by_role("link", name="我要投诉").click()
    accessible()
    fill_in(page)
    page.get_by_label("哪方面的问题").select_option("network")
    expect(page.locator("select[name=subcategory] option[value='network.speed']")).to_be_attached()
    page.get_by_label("具体是").select_option("network.speed")
    page.locator("input[type=file]:not([data-file-camera])").set_input_files(photo)
    expect(page.get_by_text("已附上 现场.jpg")).to_be_visible()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("需要更正")
    expect(page.get_by_text("现场.jpg")).to_be_visible()
    accessible()
    nothing_goes_wrong[:] = [one for one in nothing_goes_wrong if not REFUSED.search(one)]
    page.get_by_label("请把事情经过和您的要求告诉我们").fill("晚上上网很慢，连续三天了")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已受理，正在了解情况")).to_be_visible()
    accessible()
    assert names(desk) == ["现场.jpg"]


def test_an_appointment_asks_for_what_it_needs(page: Page, accessible: Check) -> None:
    page.goto("/service/new/appointment")
    accessible()
    expect(page.get_by_label("地址或营业厅")).to_have_count(0)
    page.get_by_label("预约什么").select_option("repair")
    expect(page.get_by_label("地址或营业厅")).to_be_visible()
    accessible()


def test_the_phone_form_fits_and_warns_of_a_duplicate(
    page: Page, enter: Enter, accessible: Check, nothing_goes_wrong: list[str]
) -> None:
    enter("shouli01")
    for _time in range(2):
        page.goto("/quick")
        accessible()
        page.get_by_label("什么问题").select_option("network")
        expect(
            page.locator("select[name=subcategory] option[value='network.speed']")
        ).to_be_attached()
        page.get_by_label("具体是").select_option("network.speed")
        page.get_by_label("地市").select_option("hangzhou")
        page.get_by_label("诉求").fill("客户办公室上网很慢")
        page.get_by_label("客户号码").fill("13800138000")
        page.get_by_label("客户姓名").fill("王芳")
        page.get_by_role("button", name="建单", exact=True).click()
        page.wait_for_load_state("networkidle")
    expect(page.get_by_role("alert")).to_contain_text("可能重复")
    accessible()
    nothing_goes_wrong[:] = [one for one in nothing_goes_wrong if not REFUSED.search(one)]
    page.get_by_role("button", name="登记并并入此件").click()
    expect(page.get_by_text("已登记，并入")).to_be_visible()


def test_evidence_is_added_removed_and_kept_with_the_draft(
    page: Page, enter: Enter, accessible: Check, desk: Engine, photo: Path, tmp_path: Path,
    nothing_goes_wrong: list[str],
) -> None:
    task = _handling(desk)
    enter("shouli01")
    page.goto(f"/tasks/{task}")
    chooser = page.locator("input[type=file]:not([data-file-camera])")
    wrong = tmp_path / "清单.exe"
    wrong.write_bytes(b"MZ")
    page.set_viewport_size(page.viewport_size or {"width": 1400, "height": 850})
    chooser.set_input_files(wrong)
    expect(page.get_by_text("不能上传这种文件")).to_be_visible()
    nothing_goes_wrong[:] = [one for one in nothing_goes_wrong if not REFUSED.search(one)]
    other = tmp_path / "误传.jpg"
    other.write_bytes(JPG)
    chooser.set_input_files([photo, other])
    expect(page.get_by_text("已附上 误传.jpg")).to_be_visible()
    accessible()
    page.get_by_role("button", name=re.compile("移除 误传.jpg")).click()
    expect(page.get_by_text("误传.jpg")).to_have_count(0)
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    page.reload()
    expect(page.get_by_text("现场.jpg")).to_be_visible()
    expect(page.get_by_role("button", name="移除 现场.jpg")).to_be_visible()
    assert names(desk) == []


def test_files_are_added_on_the_case_page(
    page: Page, enter: Enter, accessible: Check, desk: Engine, photo: Path, tmp_path: Path,
    nothing_goes_wrong: list[str],
) -> None:
    _handling(desk)
    with desk.read() as conn:
        [row] = cases.search(conn, kind="complaint").rows
    enter("shouli01")
    page.goto(f"/cases/{row.key}")
    wrong = tmp_path / "清单.exe"
    wrong.write_bytes(b"MZ")
    page.get_by_label("选择文件").set_input_files(wrong)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_text("不能上传这种文件")).to_be_visible()
    nothing_goes_wrong[:] = [one for one in nothing_goes_wrong if not REFUSED.search(one)]
    page.get_by_label("选择文件").set_input_files(photo)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("link", name="现场.jpg")).to_be_visible()
    accessible()
    assert names(desk) == ["现场.jpg"]


def _handling(desk: Engine) -> int:
    """The handling of a complaint in the hands of shouli01."""
    said = {
        "customer_ref": "13800138000", "customer_name": "王芳", "customer_level": "ordinary",
        "region": "hangzhou", "channel": "hotline", "category": "network",
        "subcategory": "network.speed", "kind": "complaint", "description": "上网慢三天了",
        "place": "文三路", "occurred": "晚上", "escalation_source": "none", "urgency": "normal",
    }
    with desk.unit("shouli01") as unit:
        case_id = cases.open_(unit, "complaint", said).case_id
    answers: list[dict[str, Any]] = [
        {"intake_result": "dispatch", "description": "上网慢三天了"},
        {"review_result": "pass", "unit": "network"},
    ]
    for answer in answers:
        with desk.unit("shouli01") as unit:
            [task] = work.open_tasks(unit.conn, case_id)
            boss = Person("shouli01", "受理员", groups=frozenset(task.groups))
            tasks.claim(unit, task.key, boss)
            tasks.complete(unit, task.key, answer, boss)
    with desk.unit("shouli01") as unit:
        [task] = work.open_tasks(unit.conn, case_id)
        tasks.claim(unit, task.key, Person("shouli01", "受理员", groups=frozenset(task.groups)))
    return task.key
