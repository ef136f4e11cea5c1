"""What the channels add: appointments and pictures of customers, duplicates on the phone form,
references of letters, faxes, recordings and visits."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask

from engine import attachments, cases, jobs, tasks
from engine.cases import work
from engine.model import Person
from engine.wiring import Engine
from tests.web.conftest import Browser
from tests.web.test_quick import SAID, signed_in
from tests.web.test_service import FILED, customer, file, office, row, shipped_files, site
from tests.web.test_uploads import JPG, add, id_in, ticket_of

__all__ = ["customer", "office", "shipped_files", "site"]


def files(office: Engine, kind: str = "complaint") -> list[str]:
    with office.read() as conn:
        return [one.name for one in attachments.attached(conn, row(office, kind).key)]


def test_a_customer_s_appointment_is_arranged_moved_and_cancelled(
    office: Engine, customer: Browser
) -> None:
    wished = (office.now() + timedelta(days=2)).strftime("%Y-%m-%dT10:00")
    past = file(customer, "appointment", service="repair", wished_at="2020-01-01T10:00")
    assert past.status == 422
    assert "不能早于现在" in past.words
    said = {"service": "repair", "wished_at": wished, "place": "文三路 1 号"}
    assert file(customer, "appointment", **said).status == 303
    for days in (3, 5):
        at = _arranged(office, days)
        stands = customer.get("/service/status")
        assert "已约定，届时为您服务" in stands.words
        assert at in stands.words
        if days == 3:
            asked = customer.post("/service/do/appointment-reschedule", {"change_note": "下周"})
            assert asked.status == 303
            assert "正在为您安排时间" in customer.get("/service/status").words
    empty = customer.post("/service/do/appointment-cancel", {"change_note": ""})
    assert empty.status == 422
    customer.post("/service/do/appointment-cancel", {"change_note": "已自行修好"})
    assert "已取消" in customer.get("/service/status").words
    assert row(office, "appointment").closed_at is not None


def _arranged(office: Engine, days: int) -> str:
    """The branch agrees a slot, the customer is told; gives its date as the page has it."""
    slot = office.now() + timedelta(days=days)
    with office.unit("li") as unit:
        [task] = work.open_tasks(unit.conn, row(office, "appointment").key)
        assert task.groups == ("branch-hangzhou",)
        person = Person("li", "李", groups=frozenset(task.groups))
        tasks.claim(unit, task.key, person)
        tasks.complete(unit, task.key, {
            "slot_from": slot.isoformat(), "slot_to": (slot + timedelta(hours=2)).isoformat(),
            "visitor": "王师傅",
        }, person)
    with office.unit("worker") as unit:
        [job] = jobs.activate(unit, "sms.send", "worker", 1, 60)
        jobs.complete(unit, job.key, {"sms": {"id": "g"}})
    return f"{slot.astimezone(office.zone):%Y-%m-%d}"


@pytest.mark.parametrize("scripted", [True, False])
def test_a_customer_adds_a_picture(office: Engine, customer: Browser, scripted: bool) -> None:
    page = customer.get("/service/new/complaint")
    found = re.search(r'name="once" value="([^"]+)"', page.text)
    assert found
    said = {**FILED, "once": found[1], "_files": ticket_of(page)}
    if scripted:
        refused = add(customer, page, "录音.mp3", b"ID3", "pictures")
        assert refused.status == 422
        said["pictures"] = id_in(add(customer, page, "截图.jpg", JPG, "pictures"))
        assert customer.post("/service/new/complaint", said).status == 303
    else:
        sent = {**said, "_file:pictures": (BytesIO(JPG), "截图.jpg")}
        assert customer.post("/service/new/complaint", sent).status == 303
    assert files(office) == ["截图.jpg"]


def test_the_phone_form_with_a_picture_sent_twice_opens_one_case(
    office: Engine, site: Flask
) -> None:
    browser = signed_in(site)
    page = browser.get("/quick")
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    field = re.search(r'data-file-field="([^"]+)"', page.text)
    assert once
    assert field
    picture = id_in(add(browser, page, field=field[1]))
    said = {**SAID, "once": once[1], field[1]: ["", picture]}
    assert browser.post("/quick", said).location == f"/cases/{row(office).key}"
    assert browser.post("/quick", said).location == "/cases"
    assert files(office) == ["现场.jpg"]


def test_the_phone_form_asks_about_a_likely_duplicate(office: Engine, site: Flask) -> None:
    browser = signed_in(site)
    assert browser.post("/quick", SAID).status == 303
    first = row(office).number
    again = {**SAID, "once": "another-form"}
    asked = browser.post("/quick", again)
    assert asked.status == 422
    assert "可能重复" in asked.words
    assert first in asked.words
    assert "文三路 1 号" in asked.text
    assert browser.post("/quick", SAID).location == "/cases", "the same form is no duplicate"
    merged = browser.post("/quick", {**again, "_merge_into": first})
    assert merged.status == 303
    assert f"并入 {first}" in browser.get(merged.location).words
    assert browser.post("/quick", {**again, "once": "third", "_confirmed": "1"}).status == 303
    with office.read() as conn:
        statuses = [one.status for one in cases.search(conn, kind="complaint", state="all").rows]
    assert sorted(statuses) == ["受理中", "受理中", "已并单"]


@pytest.mark.parametrize(("channel", "field", "value"), [
    ("letter", "letter_no", "收文 2026-118"), ("fax", "fax_no", "0571-87000001"),
    ("hotline", "recording_ref", "REC20261122-7"), ("visit", "visit_place", "武林营业厅"),
])
def test_the_channel_s_own_reference_is_asked_for_and_found(
    office: Engine, site: Flask, channel: str, field: str, value: str
) -> None:
    browser = signed_in(site)
    said = {
        **FILED, "channel": channel, "kind": "complaint", "customer_level": "ordinary",
        "category3": "network.speed.slow-4g", "category4": "network.speed.slow-4g.peak",
        "place": "文三路", "occurred": "晚上", "terminal": "华为", "escalation_source": "none",
        "urgency": "normal",
    }
    drawn = browser.post("/new/complaint/form", said).text
    names = {"letter_no", "fax_no", "recording_ref", "visit_place"}
    assert {one for one in names if f'name="{one}"' in drawn} == {field}
    opened = browser.post("/new/complaint", {**said, field: value})
    assert opened.status == 303, opened.words
    with office.read() as conn:
        [found] = cases.search(conn, text=value).rows
    assert found.key == row(office).key


def test_the_original_of_a_letter_is_kept(office: Engine, site: Flask) -> None:
    browser = signed_in(site)
    page = browser.get("/new/complaint")
    found = re.search(r'name="once" value="([^"]+)"', page.text)
    assert found
    kept = id_in(add(browser, page, "来函.pdf", b"%PDF-1.7", "intake_files"))
    said = {
        **FILED, "once": found[1], "channel": "letter", "kind": "complaint",
        "customer_level": "ordinary", "category3": "network.speed.slow-4g",
        "category4": "network.speed.slow-4g.peak", "place": "文三路", "occurred": "晚上",
        "terminal": "华为", "escalation_source": "none", "urgency": "normal",
        "intake_files": kept, "description": "慢",
    }
    refused = browser.post("/new/complaint", said)
    assert refused.status == 422
    assert "来函.pdf" in refused.words
    assert browser.post("/new/complaint", {**said, "description": "晚上上网很慢"}).status == 303
    assert files(office) == ["来函.pdf"]
