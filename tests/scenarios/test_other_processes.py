"""The processes besides the complaint do what their scenarios say, on every path; what a scenario
answers passes the form that a person would see."""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import time_machine

import forms
from engine.calendar import functions, plain
from engine.cases import check as check_kind
from engine.catalogue import functions as category_functions
from engine.catalogue import parse as parse_catalogue
from engine.duties import DUTIES
from engine.feel import Function
from engine.scenarios import Coverage, Library, Shelf, TestCase, play, read
from engine.scenarios.actions import ACTIONS
from engine.scenarios.assertions import ASSERTIONS
from engine.scenarios.finding import open_task
from engine.scenarios.reading import Instruction
from engine.scenarios.theatre import Theatre
from tests.scenarios.complaint import PROJECT

PROCESSES = PROJECT / "processes"
FOLDERS = tuple(sorted(
    path for path in PROCESSES.iterdir() if path.name != "complaint" and any(path.glob("*.bpmn"))
))
DIAGRAMS = tuple(sorted(path for folder in FOLDERS for path in folder.glob("*.bpmn")))


@cache
def library(folder: Path) -> Library:
    return Shelf().library([folder], [catalogues()])


@cache
def catalogues() -> Path:
    """A folder with the catalogues alone, so that no other process starts beside."""
    alone = Path(tempfile.mkdtemp(prefix="bihuan-tests-"))
    atexit.register(shutil.rmtree, alone, ignore_errors=True)
    for path in PROCESSES.rglob("*.catalogue.json"):
        shutil.copy(path, alone)
    return alone


def scenarios() -> list[tuple[Path, TestCase]]:
    return [
        (folder, case) for folder in FOLDERS for path in sorted(folder.glob("*.test.json"))
        for case in read(path.read_bytes(), path.name)
    ]


@cache
def form(form_id: str) -> forms.Form:
    path = PROJECT / "forms" / f"{form_id}.form"
    return forms.parse(path.read_bytes(), path.name, known())


@cache
def known() -> Mapping[str, Function]:
    """The functions of ours that forms and kinds may call."""
    path = PROCESSES / "complaint" / "complaint.catalogue.json"
    catalogue = parse_catalogue(path.read_bytes(), path.name)
    return functions(plain()) | category_functions({catalogue.id: catalogue}, date.today)


def named(one: object) -> str:
    return one.name if isinstance(one, (Path, TestCase)) else str(one)


@pytest.mark.parametrize(("folder", "case"), scenarios(), ids=named)
def test_scenario(folder: Path, case: TestCase) -> None:
    outcome = play(case, library(folder), Coverage())
    assert outcome.passed, f"step {outcome.step and outcome.step.number}: {outcome.zh}"
    assert case.instructions[0].type == "SET_TIME", "a scenario that reads the real clock"


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_every_element_and_flow_is_passed(folder: Path) -> None:
    coverage = Coverage()
    for place, case in scenarios():
        if place == folder:
            play(case, library(folder), coverage)
    known = library(folder)
    own = {id_: one for id_, one in known.diagrams.items() if known.paths[id_].parent == folder}
    assert len(own) == len(list(folder.glob("*.bpmn")))
    missed = {
        one.filename: (*one.missed_elements, *one.missed_flows)
        for one in coverage.of(own) if one.percent < 100
    }
    assert missed == {}


@pytest.mark.parametrize(("folder", "case"), scenarios(), ids=named)
def test_answers_pass_their_forms(folder: Path, case: TestCase) -> None:
    theatre = Theatre(library(folder), Coverage())
    for step in case.instructions:
        if step.type == "COMPLETE_USER_TASK":
            _submit(theatre, step)
        (ACTIONS.get(step.type) or ASSERTIONS[step.type])(theatre, step.data)


def _submit(theatre: Theatre, step: Instruction) -> None:
    task = open_task(theatre.stage, step.data["userTaskSelector"])
    assert task.opened.form_id is not None
    with time_machine.travel(theatre.library.clock.now(), tick=False):
        checked = forms.check(
            form(task.opened.form_id), step.data["variables"], task.instance.scopes[""]
        )
    what = f"step {step.number}, {task.opened.form_id}"
    assert checked.errors == {}, what
    unknown = set(step.data["variables"]) - set(checked.data)
    assert not unknown, f"{what}: no visible field takes {unknown}"


@pytest.mark.parametrize("path", DIAGRAMS, ids=named)
def test_diagrams_name_only_what_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    kinds = [json.loads(one.read_bytes()) for one in path.parent.glob("*.case.json")]
    statuses = {status for kind in kinds for status in kind["statuses"]}
    for form_id in re.findall(r'(?:formId|name="action\.form" value)="([^"]+)"', text):
        assert (PROJECT / "forms" / f"{form_id}.form").is_file(), form_id
    for status in re.findall(r'name="case\.status" value="([^"]+)"', text):
        assert status in statuses, status
    for group in groups_named(text):
        assert group in groups(), group
    for list_id in re.findall(r'key="list" value="([^"]+)"', text):
        assert list(PROCESSES.rglob(f"{list_id}.list.sql")), list_id
    for kind_id in re.findall(r'key="kind" value="([^"]+)"', text):
        assert list(PROCESSES.rglob(f"{kind_id}.case.json")), kind_id
    for job_type in re.findall(r'taskDefinition type="([^"]+)"', text):
        assert job_type in DUTIES or job_type in ("sms.send", "mail.send"), job_type


def groups_named(text: str) -> set[str]:
    static = re.findall(r'(?:candidateGroups|name="action\.groups" value)="([^"=]+)"', text)
    found = {group for one in static for group in one.split(",")}
    for told in re.findall(r'source="([^"]*)" target="groups"', text):
        found |= set(re.findall(r'&quot;([^&]*)&quot;', told))
    return found


@cache
def groups() -> frozenset[str]:
    path = PROCESSES / "organisation" / "sample.organisation.json"
    return frozenset(json.loads(path.read_bytes())["groups"])


@pytest.mark.parametrize("path", sorted(PROCESSES.rglob("*.case.json")), ids=named)
def test_kinds_of_cases_are_sound(path: Path) -> None:
    assert check_kind(path.read_bytes(), path.name, known()) == []
