"""The sample organisation and complaints, as the demonstration loads them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select, text

import forms
from engine import (
    Engine,
    bpmn,
    calendar,
    cases,
    catalogue,
    history,
    housekeeping,
    samples,
)
from engine.errors import Invalid
from engine.tables import cases as table
from engine.tables import incidents, user_tasks
from web.commands import sample, shipped

CATALOGUE = "complaint.catalogue.json"
DAY, NIGHT = "2026-11-18T02:00:00Z", "2026-11-21T15:30:00Z"  # Wed 10:00, Sat 23:30 in Shanghai


@pytest.fixture
def demo(database: str) -> Iterator[Engine]:
    with closing(Engine(database, local_job_types=frozenset({"mail.send"}))) as engine:
        shipped.deploy(engine)
        yield engine


def test_an_empty_database_gets_what_comes_with_the_program(
    database: str, tmp_path: Path
) -> None:
    given = {"DATABASE_URL": database, "BIHUAN_DATA": str(tmp_path)}
    done = CliRunner().invoke(sample.command, ["--yes"], env=given)
    assert done.exit_code == 0, done.output
    assert "已部署" in done.output
    with closing(Engine(database)) as engine, engine.read() as conn:
        rows = conn.execute(select(table.c.sample)).all()
    assert len(rows) >= 40
    assert all(row.sample for row in rows)


@pytest.mark.parametrize("moment", [DAY, NIGHT])
def test_the_inbox_of_the_demonstration_looks_alive(demo: Engine, moment: str) -> None:
    with time_machine.travel(moment, tick=False):
        sample.load(demo)
        while housekeeping.tick(demo):
            pass
        with demo.read() as conn:
            found = cases.search(conn, limit=100).rows
            assert len(found) >= 40
            assert all(row.sample for row in found)
            assert conn.execute(select(incidents.c.zh)).all() == []
            steps = Counter(
                conn.scalars(select(user_tasks.c.element_id).where(user_tasks.c.state == "created"))
            )
            assert set(steps) >= {
                "pre_process", "check_order", "investigate", "check_feedback", "answer_customer",
                "call_back", "assess", "archive", "supervisor", "judge", "vendor_verify",
                "authorise", "confirm", "review_appeal",
            }
            statuses = Counter(row.status for row in found)
            assert {"已挂起", "后续跟进", "已归档", "已并单"} <= set(statuses)
            assert any(row.late and row.closed_at is None for row in found)
            assert any(not row.late and row.closed_at is None for row in found)
            mine = conn.scalars(
                select(user_tasks.c.assignee).where(user_tasks.c.state == "created").distinct()
            ).all()
            assert {"shouli01", "shouli02", "zhuguan01"} < set(mine)
            assert all(history.verify(conn, row.key) for row in found)


def test_loading_again_changes_nothing_and_uses_up_no_number(demo: Engine) -> None:
    def state() -> list[tuple[object, ...]]:
        with demo.read() as conn:
            rows = conn.execute(select(table).order_by(table.c.key)).all()
            last = conn.execute(text("SELECT last_value FROM case_number_complaint")).one()
            return [tuple(row) for row in (*rows, last)]

    sample.load(demo)
    before = state()
    sample.load(demo)
    assert state() == before


def test_every_answer_would_pass_its_form() -> None:
    """What the samples enter is what the form of the step would have let through."""
    files = {file.name: file.content for file in shipped.files()}
    form = {}
    known = {"complaint": catalogue.parse(files[CATALOGUE], CATALOGUE)}
    functions = calendar.functions(calendar.plain())
    functions |= catalogue.functions(known, lambda: datetime.now(UTC).date())
    for name, content in files.items():
        if name.endswith(".form"):
            form[json.loads(content)["id"]] = forms.parse(content, name, functions)
    of_element = {
        element.id: element.form
        for name, content in files.items() if name.endswith(".bpmn")
        for process in bpmn.parse(content, name).processes if process.id.startswith("complaint")
        for element in process.elements.values() if element.form is not None
    }
    organisation = json.loads(sample.ORGANISATION.read_text("utf-8"))
    logins = {person["login"] for person in organisation["people"]}
    found = samples.parse(sample.COMPLAINTS.read_bytes(), sample.COMPLAINTS.name)
    for one in found.samples:
        assert forms.check(form["complaint-intake"], dict(one.data), {}).errors == {}, one.id
        assert one.data.get("owner") in {*logins, None}
        entered = {**one.data, "unit": "network"}  # as the routing table fills it in
        for step in one.steps:
            assert step.by in {*logins, None}
            answer = {key: _evaluated(value) for key, value in step.data.items()}
            if step.task is not None and not step.claim:
                submitted = entered | answer
                checked = forms.check(form[of_element[step.task]], submitted, entered)
                assert checked.errors == {}, (one.id, step.task, checked.errors)
            entered |= answer


def _evaluated(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("="):
        return value
    if value == "=name":
        return "陈晓雯"
    later = timedelta(days=3) if "duration" in value else timedelta(minutes=-5)
    return (datetime.now(UTC) + later).isoformat(timespec="seconds")


def test_the_samples_are_marked_and_nobody_is_real() -> None:
    text = sample.COMPLAINTS.read_text("utf-8")
    assert '"sample": true' in text
    assert "虚构" in text
    phones = set(re.findall(r"1[3-9]\d{9}", text))
    assert all(phone.startswith("1390000") for phone in phones)
    assert "虚构" in sample.ORGANISATION.read_text("utf-8")


@pytest.mark.parametrize("content", [b"\xff", b"[]", b"{}", b'{"answers": {}, "complaints": [{}]}'])
def test_a_wrong_sample_file_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"x\.json"):
        samples.parse(content, "x.json")
