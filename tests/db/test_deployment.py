"""Deployment: all or nothing, versions by content, references checked, one at a time."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from engine import Engine, deployment
from engine.errors import DeploymentRefused, Forbidden
from engine.feel import Function
from engine.model import File, Finding
from engine.tables import (
    definitions as definitions_table,
)
from engine.tables import (
    deployments,
    history,
    people,
    resources,
    user_tasks,
)
from tests.db.play import Play, mine, steps
from tests.unit.bpmn.drawing import (
    definitions,
    el,
    end,
    ext,
    flows,
    message,
    message_definition,
    process,
    start,
    user,
    z,
)


def form(id_: str = "f", name: str = "登记", **more: str) -> bytes:
    return json.dumps({"id": id_, "name": name, "components": [], **more}).encode()


def table(output: str = '"网络部"', name: str = "d") -> bytes:
    """A decision of one rule; ``d`` is its id."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x"
        namespace="t">
      <decision id="{name}" name="{name}">
        <variable name="{name}"/>
        <decisionTable hitPolicy="UNIQUE">
          <input><inputExpression><text>kind</text></inputExpression></input>
          <output name="unit"/>
          <rule><inputEntry><text>"net"</text></inputEntry>
            <outputEntry><text>{output}</text></outputEntry></rule>
        </decisionTable>
      </decision>
    </definitions>""".encode()


def with_form(form_id: str = "f", **binding: str) -> bytes:
    task = user("a", mine(), z("formDefinition", formId=form_id, **binding))
    return definitions(process(start(), task, end(), flows("start a end")))


def deciding(**binding: str) -> bytes:
    rule = el(
        "businessRuleTask",
        "rule",
        ext(z("calledDecision", decisionId="d", resultVariable="unit", **binding)),
    )
    return definitions(process(start(), rule, user("a", mine()), end(), flows("start rule a end")))


def findings(engine: Engine, files: dict[str, bytes]) -> list[Finding]:
    with engine.read() as conn:
        return deployment.check(conn, [File(name, it) for name, it in files.items()])


def errors(engine: Engine, files: dict[str, bytes]) -> list[Finding]:
    return [one for one in findings(engine, files) if one.severity == "error"]


def test_versions_go_by_content(play: Play) -> None:
    first = play.deploy({"p.bpmn": steps("a"), "f.form": form()})
    assert [(one.kind, one.id, one.version, one.changed) for one in first.definitions] == [
        ("process", "p", 1, True),
        ("form", "f", 1, True),
    ]
    second = play.deploy({"renamed.bpmn": steps("a"), "f.form": form(name="登记表")})
    assert [(one.id, one.version, one.changed) for one in second.definitions] == [
        ("p", 1, False),
        ("f", 2, True),
    ]


def test_nothing_new_makes_no_deployment(play: Play) -> None:
    first = play.deploy({"p.bpmn": steps("a")})
    again = play.deploy({"p.bpmn": steps("a")})
    assert again.key == first.key
    assert len(play.rows(deployments)) == 1


def test_a_called_process_needs_a_plain_start(play: Play) -> None:
    """Whether it is among the files or deployed before."""
    calls = definitions(
        process(
            start(), el("callActivity", "call", ext(z("calledElement", processId="by-mail"))),
            end(), flows("start call end"),
        )
    )  # fmt: skip
    mailed = definitions(
        message_definition("m", "mail"),
        process(start("start", message("m")), user("a"), end(), flows("start a end"),
                id_="by-mail"),
    )  # fmt: skip
    with pytest.raises(DeploymentRefused) as refused:
        play.deploy({"p.bpmn": calls, "m.bpmn": mailed})
    rules = [one.rule for one in refused.value.findings if one.severity == "error"]
    assert rules == ["called-process-start"]
    play.deploy({"m.bpmn": mailed})
    with pytest.raises(DeploymentRefused):
        play.deploy({"p.bpmn": calls})
    play.deploy({"m.bpmn": steps("a", id_="by-mail")})
    play.deploy({"p.bpmn": calls})


def test_a_wrong_file_keeps_all_of_them_out(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a")})
    with pytest.raises(DeploymentRefused) as refused:
        play.deploy({"p.bpmn": steps("b"), "q.bpmn": b"<no/>", "g.form": form("g")})
    assert [one.file for one in refused.value.findings if one.severity == "error"] == ["q.bpmn"]
    assert [row.id for row in play.rows(definitions_table)] == ["p"]
    assert list(play.open(play.start().case_id)) == ["a"]


def test_running_instances_stay_on_their_version(play: Play) -> None:
    play.deploy({"p.bpmn": steps("a", "b")})
    old = play.start().case_id
    play.deploy({"p.bpmn": steps("a", "c")})
    new = play.start().case_id
    for case_id in (old, new):
        play.do(case_id, "a")
    assert (list(play.open(old)), list(play.open(new))) == (["b"], ["c"])


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("p.bpmn", b"not xml", "xml"),
        ("p.bpmn", b"", "xml"),
        ("p.bpmn", b"<a/>", None),
        ("p.exe", b"MZ", "file-type"),
        ("a/b.bpmn", steps("a"), "file-name"),
        ("f.form", b"\xff\xfe", "unreadable"),
        ("f.form", b"[1]", "unreadable"),
        ("f.form", b'{"components": []}', "unreadable"),
        ("d.dmn", b"<definitions/>", None),
        ("p.bpmn", b"x" * (50 * 1024 * 1024), "file-size"),
    ],
)
def test_a_file_that_is_none_is_named(
    engine: Engine, name: str, content: bytes, rule: str | None
) -> None:
    (found, *_) = errors(engine, {name: content})
    assert found.file == name
    assert found.zh
    assert found.rule == rule or rule is None


def test_an_xml_bomb_is_refused(engine: Engine) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
        b'<!ENTITY c "&a;&a;&a;&a;">]><b>&c;</b>'
    )
    assert errors(engine, {"p.bpmn": bomb})


def test_no_files_is_a_finding(engine: Engine) -> None:
    assert errors(engine, {})[0].rule == "no-files"


def test_references_must_exist_here_or_in_what_is_deployed(engine: Engine, play: Play) -> None:
    missing = errors(engine, {"p.bpmn": with_form()})
    assert any("f" in one.zh and one.element_id == "a" for one in missing)
    assert errors(engine, {"p.bpmn": with_form(), "f.form": form()}) == []
    play.deploy({"f.form": form()})
    assert errors(engine, {"p.bpmn": with_form()}) == []
    assert errors(engine, {"p.bpmn": deciding()})
    assert errors(engine, {"p.bpmn": deciding(), "d.dmn": table()}) == []


def test_the_same_id_in_two_files_is_refused(engine: Engine) -> None:
    found = errors(engine, {"p.bpmn": steps("a"), "q.bpmn": steps("b")})
    assert [one.rule for one in found] == ["duplicate-definition"]


def test_a_case_kind_names_what_exists(engine: Engine, play: Play) -> None:
    kind = json.dumps(
        {"id": "k", "name": "投诉", "process": "p", "number": "TS{seq:06}", "fields": [],
         "statuses": ["受理"], "intake": "f"}
    ).encode()  # fmt: skip
    found = errors(engine, {"k.case.json": kind})
    assert [one.rule for one in found] == ["case-reference", "case-reference"]
    play.deploy({"k.case.json": kind, "p.bpmn": steps("a"), "f.form": form()})


def test_checks_of_the_rooms_above_are_asked(database: str) -> None:
    def refuse(content: bytes, name: str, functions: dict[str, Function]) -> list[Finding]:
        return [Finding("mine", "error", name, "不好。", "No good.")]

    engine = Engine(database, checks={".form": refuse})  # type: ignore[dict-item]
    try:
        assert [one.rule for one in errors(engine, {"f.form": form()})] == ["mine"]
    finally:
        engine.close()


@pytest.mark.parametrize(("binding", "expected"), [({}, 2), ({"bindingType": "deployment"}, 1)])
def test_a_form_is_bound_as_the_diagram_says(
    play: Play, binding: dict[str, str], expected: int
) -> None:
    play.deploy({"p.bpmn": with_form(**binding), "f.form": form()})
    play.deploy({"f.form": form(name="新")})
    case_id = play.start().case_id
    bound = play.row(user_tasks, case_id=case_id).form_key
    assert play.row(definitions_table, key=bound).version == expected


def test_a_process_bound_to_its_deployment_follows_what_changes_with_it(play: Play) -> None:
    bound = with_form(bindingType="deployment")
    play.deploy({"p.bpmn": bound, "f.form": form()})
    again = play.deploy({"p.bpmn": bound, "f.form": form(name="新")})
    assert [(one.id, one.version) for one in again.definitions] == [("p", 2), ("f", 2)]
    form_key = play.row(user_tasks, case_id=play.start().case_id).form_key
    assert play.row(definitions_table, key=form_key).version == 2


def test_a_version_tag_binds_to_the_latest_of_that_tag(play: Play) -> None:
    play.deploy({"f.form": form(versionTag="v1")})
    play.deploy({"f.form": form(name="neu", versionTag="v1")})
    play.deploy({"f.form": form(name="ganz neu", versionTag="v2")})
    play.deploy({"p.bpmn": with_form(bindingType="versionTag", versionTag="v1")})
    form_key = play.row(user_tasks, case_id=play.start().case_id).form_key
    assert play.row(definitions_table, key=form_key).version == 2


def test_a_decision_is_made_and_explained(play: Play) -> None:
    play.deploy({"p.bpmn": deciding(), "d.dmn": table()})
    case_id = play.start(variables={"kind": "net"}).case_id
    assert play.variables(case_id)["unit"] == "网络部"
    record = play.row(history, kind="decision.evaluated").data["record"]
    assert record["version"] == 1
    assert record["rules"][0]["index"] == 1
    play.deploy({"d.dmn": table('"客户部"')})
    newer = play.start(variables={"kind": "net"}).case_id
    assert play.variables(newer)["unit"] == "客户部"


def test_a_new_calendar_counts_at_once(play: Play) -> None:
    """Programs compiled before go on with the calendar deployed after."""
    day = '=if is working day(date("2026-03-07")) then "work" else "rest"'
    asking = definitions(
        process(
            start(), el("scriptTask", "ask", ext(z("script", expression=day, resultVariable="r"))),
            user("a", mine()), end(), flows("start ask a end"),
        )
    )  # fmt: skip
    play.deploy({"p.bpmn": asking})
    assert play.variables(play.start().case_id)["r"] == "rest"
    working = {"name": "七天", "zone": "Asia/Shanghai", "hours": _all_week()}
    content = json.dumps(working).encode()
    play.deploy({"default.calendar.json": content})
    assert play.variables(play.start().case_id)["r"] == "work"


def _all_week() -> dict[str, list[str]]:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return {day: ["09:00-17:00"] for day in days}


def test_a_person_needs_to_be_admin(engine: Engine) -> None:
    with engine.unit("system") as unit:
        for login, roles in (("li", ["staff"]), ("root", ["admin"])):
            unit.conn.execute(
                insert(people).values(
                    login=login, name=login, roles=roles, created_at=datetime.now(UTC)
                )
            )
    files = [File("p.bpmn", steps("a"))]
    with pytest.raises(Forbidden), engine.unit("li") as unit:
        deployment.deploy(unit, files)
    with engine.unit("root") as unit:
        assert deployment.deploy(unit, files).by == "root"


def test_two_deployments_at_once_get_two_versions(play: Play) -> None:
    outcomes: list[int] = []

    def deploy(name: str) -> None:
        done = play.deploy({"p.bpmn": steps(name)})
        outcomes.append(done.definitions[0].version)

    threads = [threading.Thread(target=deploy, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [1, 2, 3, 4]


def test_another_process_of_ours_sees_the_new_version_at_once(database: str, play: Play) -> None:
    other = Engine(database)
    play.deploy({"p.bpmn": steps("a")})
    elsewhere = Play(other)
    assert list(elsewhere.open(elsewhere.start().case_id)) == ["a"]
    play.deploy({"p.bpmn": steps("b")})
    assert list(elsewhere.open(elsewhere.start().case_id)) == ["b"]
    other.close()


def test_lists_of_definitions(engine: Engine, play: Play) -> None:
    play.deploy({"p.bpmn": steps("a"), "f.form": form()})
    play.start()
    play.deploy({"p.bpmn": steps("b")})
    with engine.read() as conn:
        latest = deployment.definitions(conn)
        assert [(one.kind, one.id, one.version) for one in latest] == [
            ("form", "f", 1),
            ("process", "p", 2),
        ]
        assert deployment.definitions(conn, "form")[0].resource == "f.form"
        new, old = deployment.versions(conn, "process", "p")
        assert (new.version, new.active, old.version, old.active) == (2, 0, 1, 1)
        assert deployment.content(conn, old.key) == ("p.bpmn", steps("a"))
    assert len(play.rows(resources)) == 3
