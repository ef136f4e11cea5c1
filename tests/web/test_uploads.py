"""Files that are added to a form: before it is sent, with it, left out, and whose they are."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

from flask import Flask
import pytest
import time_machine

from engine import attachments, history, people
from engine.cases import work
from engine.errors import Conflict
from engine.wiring import Engine
from tests.web.conftest import Answer, Browser
from tests.web.test_service import (
    FILED, complete, customer, file, office, row, shipped_files, site,
)

__all__ = ["customer", "office", "shipped_files", "site"]

JPG = b"\xff\xd8\xff\xe0" + b"x" * 50
FEEDBACK = {
    "handling": "answer", "handled_at": "2026-03-02T10:30", "handler": "周工", "course": "测试",
    "cause": "板件", "result": "恢复", "result_certain": "yes", "solved": "yes",
    "company_fault": "no", "reply_advice": "致歉", "revisit_advice": "次日",
}


def ticket_of(page: Answer) -> str:
    found = re.search(r'name="_files" value="([^"]+)"', page.text)
    assert found, page.words
    return found[1]


def handling(office: Engine, site: Flask, customer: Browser) -> tuple[Browser, int]:
    """The case's handling task in the hands of 周工."""
    file(customer)
    complete(office, {"intake_result": "dispatch", "description": "上网很慢"})
    complete(office, {"review_result": "pass", "unit": "network"})
    browser = Browser(site.test_client())
    with office.read() as conn:
        [task] = work.open_tasks(conn, row(office).key)
    browser.sign_in_as(person_of(office, task.groups[0]))
    browser.post(f"/tasks/{task.key}/claim")
    return browser, task.key


def person_of(office: Engine, group: str) -> str:
    with office.read() as conn:
        return next(one.person.login for one in people.list_(conn, active_only=True)
                    if group in one.person.groups)


def add(browser: Browser, page: Answer, name: str = "现场.jpg", content: bytes = JPG,
        field: str = "evidence_files") -> Answer:
    sent = {"_files": ticket_of(page), "field": field, "file": (BytesIO(content), name)}
    return browser.post("/uploads", sent)


def id_in(answer: Answer) -> str:
    assert answer.status == 201, answer.text
    found = re.search(r'"id":\s*"(\d+)"', answer.text)
    assert found
    return found[1]


def files(office: Engine) -> list[str]:
    with office.read() as conn:
        return [one.name for one in attachments.attached(conn, row(office).key)]


def test_evidence_waits_with_the_draft_and_belongs_to_the_case_once_sent(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    page = browser.get(f"/tasks/{task}")
    first, second = id_in(add(browser, page)), id_in(add(browser, page, "误传.jpg"))
    said = {**FEEDBACK, "evidence_files": ["", first, second]}
    assert browser.post(f"/tasks/{task}/draft", said).status == 204
    assert files(office) == [], "nobody else sees it yet"
    assert "现场.jpg" in browser.get(f"/tasks/{task}").words
    gone = browser.post("/uploads/remove", {"_files": ticket_of(page), "id": second})
    assert gone.status == 204
    refused = browser.post(f"/tasks/{task}/complete", said)
    assert refused.status == 422
    assert "有文件已不在" in refused.words
    assert "现场.jpg" in refused.words
    sent = {**FEEDBACK, "evidence_files": ["", first]}
    assert browser.post(f"/tasks/{task}/complete", sent).status == 303
    assert files(office) == ["现场.jpg"]
    with office.read() as conn:
        told = [(one.actor, one.text) for one in history.timeline(conn, row(office).key)]
        assert history.verify(conn, row(office).key)
    login = next(actor for actor, text in told if text == "附上文件“现场.jpg”")
    assert login == next(actor for actor, text in told if text == "办结了任务“查证处理”")
    seen = browser.get(f"/cases/{row(office).key}")
    assert "现场.jpg" in seen.words


def test_without_javascript_the_files_come_with_the_form(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    ticket = ticket_of(browser.get(f"/tasks/{task}"))
    said = {**FEEDBACK, "_files": ticket, "cause": "", "evidence_files": ""}
    with_file = {**said, "_file:evidence_files": (BytesIO(JPG), "现场.jpg")}
    again = browser.post(f"/tasks/{task}/complete", with_file)
    assert again.status == 422
    [kept] = re.findall(r'name="evidence_files" value="(\d+)" checked', again.text)
    wrong = {**FEEDBACK, "_files": ticket, "evidence_files": ["", kept],
             "_file:evidence_files": (BytesIO(b"MZ"), "a.exe")}
    refused = browser.post(f"/tasks/{task}/complete", wrong)
    assert refused.status == 422
    assert "不能上传这种文件" in refused.words
    assert browser.post(
        f"/tasks/{task}/complete", {**FEEDBACK, "evidence_files": ["", kept]}
    ).status == 303
    assert files(office) == ["现场.jpg"]


def test_a_ticket_is_of_its_session_and_its_fields(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    page = browser.get(f"/tasks/{task}")
    stranger = Browser(site.test_client())
    assert add(stranger, page).status == 409
    assert add(browser, page, field="course").status == 422
    wrong = add(browser, page, "a.png", b"GIF89a")
    assert wrong.status == 422
    assert "内容不是 png 文件" in wrong.text.encode().decode("unicode_escape")
    forged = {"_files": ticket_of(page) + "x", "field": "evidence_files",
              "file": (BytesIO(JPG), "a.jpg")}
    assert browser.post("/uploads", forged).status == 409
    for _n in range(attachments.MOST_STAGED):
        assert add(browser, page).status == 201
    assert add(browser, page).status == 409


def test_a_file_of_another_case_cannot_be_named(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    with office.unit("mail") as unit:
        other = attachments.stage(unit, "task:1", ("别人.jpg", "image/jpeg", JPG))
    said = {**FEEDBACK, "evidence_files": ["", str(other.key)]}
    refused = browser.post(f"/tasks/{task}/complete", said)
    assert refused.status == 422
    assert "别人" not in refused.words


def test_what_is_never_sent_is_forgotten_but_not_of_open_tasks(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    add(browser, browser.get(f"/tasks/{task}"))
    with office.unit("x") as unit:
        attachments.stage(unit, "new:x:once", ("旧.jpg", "image/jpeg", JPG))
    assert attachments.forget_stale(office) == 0
    with time_machine.travel(office.now() + timedelta(days=3)):
        assert attachments.forget_stale(office) == 1
        with office.unit("x") as unit:
            unit.conn.exec_driver_sql("UPDATE user_tasks SET state = 'cancelled'")
        assert attachments.forget_stale(office) == 1


def test_who_says_what_he_consulted_attaches_it_or_says_where_it_is(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    said = {**FEEDBACK, "evidence": ["客户资料", "录音"], "evidence_note": ""}
    refused = browser.post(f"/tasks/{task}/complete", said)
    assert refused.status == 422
    assert "有 1 项需要更正" in refused.words
    assert "资料编号或存放处 *" in refused.words
    kept = id_in(add(browser, browser.get(f"/tasks/{task}")))
    assert browser.post(
        f"/tasks/{task}/complete", {**said, "evidence_files": ["", kept]}
    ).status == 303


def test_a_customer_s_form_with_a_picture_sent_twice_opens_one_case(
    office: Engine, customer: Browser
) -> None:
    page = customer.get("/service/new/complaint")
    said = {**FILED, "_files": ticket_of(page), **_with_picture(customer, page)}
    assert customer.post("/service/new/complaint", said).status == 303
    again = customer.post("/service/new/complaint", said)
    assert (again.status, again.location) == (303, "/service/status")
    assert files(office) == ["现场.jpg"]


def _with_picture(customer: Browser, page: Answer) -> dict[str, object]:
    """What the page's form says of the picture that was added to it, and its token."""
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    field = re.search(r'data-file-field="([^"]+)"', page.text)
    assert once
    assert field
    return {"once": once[1], field[1]: ["", id_in(add(customer, page, field=field[1]))]}


def test_pictures_of_many_do_not_keep_others_from_filing(customer: Browser) -> None:
    found: list[int] = []
    while 429 not in found:
        assert len(found) < 100
        if len(found) % attachments.MOST_STAGED == 0:
            page = customer.get("/service/new/complaint")
        found.append(add(customer, page, field="pictures").status)
    assert set(found[:-1]) == {201}
    assert file(customer).status == 303


def test_an_id_that_is_none_is_said_to_be_gone(
    office: Engine, site: Flask, customer: Browser
) -> None:
    browser, task = handling(office, site, customer)
    said = {**FEEDBACK, "evidence_files": ["", "9" * 5000]}
    refused = browser.post(f"/tasks/{task}/complete", said)
    assert refused.status == 422
    assert "有文件已不在" in refused.words
    ticket = ticket_of(browser.get(f"/tasks/{task}"))
    assert browser.post("/uploads/remove", {"_files": ticket, "id": "9" * 5000}).status == 204


def test_a_file_removed_while_its_form_is_sent_is_not_referred_to(
    office: Engine, site: Flask, customer: Browser
) -> None:
    _browser, task = handling(office, site, customer)
    place, case_id = f"task:{task}", row(office).key
    with office.unit("x") as unit:
        kept = attachments.stage(unit, place, ("现场.jpg", "image/jpeg", JPG), case_id)
        gone = attachments.stage(unit, place, ("误传.jpg", "image/jpeg", JPG), case_id)
        attachments.unstage(unit, place, gone.key)
    with pytest.raises(Conflict, match="removed at this very moment"), office.unit("x") as unit:
        attachments.keep(unit, place, case_id, [kept.key, gone.key])
    assert files(office) == []
    with office.unit("x") as unit:
        attachments.keep(unit, place, case_id, [kept.key])
        attachments.keep(unit, place, case_id, [kept.key])
    assert files(office) == ["现场.jpg"]
