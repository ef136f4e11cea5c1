"""Reading files: what a diagram says, and what is no diagram."""

from __future__ import annotations

import pytest

from engine.bpmn import BpmnInvalid, compile_process, parse
from engine.bpmn.attributes import EventDefinition, Mapping
from engine.bpmn.diagram import Start
from engine.errors import Invalid, NotFound
from engine.model import Binding
from tests.unit.bpmn.drawing import (
    boundary,
    definitions,
    el,
    end,
    ext,
    flow,
    flows,
    io,
    message,
    message_definition,
    process,
    start,
    timer,
    user,
    z,
)
from tests.unit.bpmn.harness import Clock, bench, program
from engine.bpmn import Run

BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<x>&b;</x>"""
OUTSIDE = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"""
)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "xml"),
        (b"no xml", "xml"),
        (b"<a><b></a>", "xml"),
        (BOMB, "xml"),
        (OUTSIDE, "xml"),
        (b"<html/>", "bpmn"),
        (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "bpmn"),
        (b"<a>" * 100_000, "xml"),
        (b"x" * 11_000_000, "xml"),
        ("<a>投诉</a>".encode("gbk"), "xml"),
    ],
)
def test_what_is_no_bpmn_is_refused_with_a_reason(content: bytes, rule: str) -> None:
    with pytest.raises(BpmnInvalid) as error:
        parse(content, "x.bpmn")
    (finding,) = error.value.findings
    assert finding.rule == rule
    assert "x.bpmn" in finding.zh
    assert isinstance(error.value, Invalid)
    assert "passwd" not in finding.en


def test_an_element_says_what_it_is() -> None:
    content = definitions(
        message_definition("m", "催办", "=case.number"),
        process(
            start(),
            user(
                "a",
                z("formDefinition", formId="handle", bindingType="deployment"),
                z("properties", z("property", name="case.status", value="处理中")),
                io({"x": "=1"}, {"y": "=x"}),
                name="处理\n投诉",
            ),
            boundary("urge", "a", message("m"), interrupting=False),
            end(),
            flows("start a end"),
            flow("urge", "end", "=true"),
        ),
    )
    diagram = parse(content, "x.bpmn")
    (info,) = diagram.processes
    task = info.elements["a"]
    assert (task.type, task.name, task.parent, task.form) == (
        "userTask",
        "处理 投诉",
        None,
        "handle",
    )
    assert task.properties == {"case.status": "处理中"}
    assert task.user is not None
    assert task.user.form_binding == Binding("deployment")
    assert [(one.source, one.target) for one in task.inputs] == [("=1", "x")]
    assert isinstance(task.outputs[0], Mapping)
    assert (task.incoming, task.outgoing) == (("start-a",), ("a-end",))
    urge = info.elements["urge"]
    assert (urge.attached_to, urge.interrupting) == ("a", False)
    assert isinstance(urge.event, EventDefinition)
    assert (urge.event.name, urge.event.correlation_key) == ("催办", "=case.number")
    assert info.flows["urge-end"].condition == "=true"
    assert info.line is not None


def test_a_process_says_how_it_starts() -> None:
    content = definitions(
        message_definition("m", "来电"),
        el(
            "process",
            "p",
            ext(z("versionTag", value="v3")),
            start("plain"),
            start("daily", timer("cycle", "R/P1D")),
            start("called", message("m")),
            el("subProcess", "sub", start("inner")),
            name="投诉",
            isExecutable="true",
        ),
        el("process", "pool", isExecutable="false"),
    )
    info, pool = parse(content, "x.bpmn").processes
    assert (info.name, info.version_tag, info.executable) == ("投诉", "v3", True)
    assert info.starts == (
        Start("plain", "none"),
        Start("daily", "timer", None, ("cycle", "R/P1D")),
        Start("called", "message", "来电"),
    )
    assert info.elements["inner"].parent == "sub"
    assert not pool.executable


def test_compiling_what_is_not_there_or_cannot_run() -> None:
    content = definitions(process(start(), el("complexGateway", "g"), flows("start g")))
    diagram = parse(content, "x.bpmn")
    with pytest.raises(NotFound, match="no process other"):
        compile_process(diagram, "other")
    with pytest.raises(BpmnInvalid, match="complexGateway"):
        compile_process(diagram, "p")
    wrong = definitions(process(start(), user("a", io({"x": "=1 +"})), flows("start a")))
    with pytest.raises(BpmnInvalid) as error:
        compile_process(parse(wrong, "x.bpmn"), "p")
    assert error.value.findings[0].element_id == "a"


def test_starting_where_there_is_no_start() -> None:
    two = definitions(
        message_definition("m", "x"),
        message_definition("n", "y"),
        process(start("one", message("m")), start("two", message("n")), end(),
                flows("one end", "two end")),
    )  # fmt: skip
    with pytest.raises(NotFound):
        Run.start(program(two), {}, Clock(), "three")
    with pytest.raises(Invalid, match="plain start event"):
        Run.start(program(two), {}, Clock())
    assert bench(two).start({}, "two").entered() == ["two", "end"]
