"""Whole files: the published examples, and files broken in every way."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import bpmn, dmn
from engine.convert import ENDINGS, Converted, convert
from engine.model import File
from tests.unit.convert.foreign import around, converted, diagram, ext, rules
from tests.unit.convert.test_tables import table

EXAMPLES = Path(__file__).parents[4] / "shared/data/camunda-bpm-examples"
HERE = Path(__file__).parent / "files"


def sound(result: Converted) -> None:
    """Every result can be read, and every remark says in both languages what and where."""
    for file in result.files:
        if file.name.endswith(".bpmn"):
            bpmn.lint(bpmn.parse(file.content, file.name), bpmn.Known())
    for one in result.findings:
        assert one.zh
        assert one.en
        assert one.file
        if one.severity == "error":
            assert one.rule == "xml" or (one.remedy_zh and one.remedy_en)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="needs ../shared/data/camunda-bpm-examples")
def test_the_published_examples() -> None:
    paths = sorted(one for one in EXAMPLES.rglob("*") if one.name.endswith(ENDINGS))
    files = [File(one.relative_to(EXAMPLES).as_posix(), one.read_bytes()) for one in paths]
    result = convert(files)
    sound(result)
    assert {one.name for one in files} <= {one.name for one in result.files}
    assert sum(one.name.endswith(".bpmn") for one in result.files) == 54
    told = {(one.file, one.element_id) for one in result.findings if one.severity == "error"}
    for file in result.files:
        if file.name.endswith(".dmn"):
            dmn.parse(file.content, file.name)
        elif file.name.endswith(".bpmn"):
            diagram_ = bpmn.parse(file.content, file.name)
            assert diagram_.dialect == "zeebe"
            feel = [one for one in bpmn.lint(diagram_, bpmn.Known()) if one.rule == "feel"]
            assert {(file.name, one.element_id) for one in feel} <= told


@pytest.mark.parametrize("path", sorted(HERE.iterdir()), ids=lambda one: one.name)
def test_our_own_examples(path: Path) -> None:
    result = convert([File(path.name, path.read_bytes())])
    sound(result)
    assert result.files
    assert result.open


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.bpmn", b"", "xml"),
        ("a.bpmn", b"<definitions", "xml"),
        ("a.bpmn", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "xml"),
        ("a.bpmn", b"<html/>", "file-kind"),
        ("a.dmn", b"<definitions xmlns='urn:other'/>", "file-kind"),
        ("a.dmn", b"\x00\x01", "xml"),
    ],
)
def test_what_is_no_diagram_is_said(name: str, content: bytes, rule: str) -> None:
    result = converted(content, name)
    assert result.files == ()
    assert rules(result) == {rule: "error"}
    sound(result)


SAMPLES = [
    *(path.read_bytes() for path in sorted(HERE.iterdir())),
    table("x", "cellInput > 5", language="juel"),
    diagram(
        around(
            '<callActivity id="a" calledElement="${c}" x:calledElementBinding="version">'
            + ext('<x:in source="a" target="b"/>', '<x:out variables="all"/>',
                  '<x:inputOutput><x:inputParameter name="l"><x:list><x:value>${x}</x:value>'
                  "</x:list></x:inputParameter></x:inputOutput>")
            + '<multiInstanceLoopCharacteristics><loopCardinality>${n}</loopCardinality>'
            "</multiInstanceLoopCharacteristics></callActivity>"
        )
    ),
]  # fmt: skip
WORDS = ["${", "}", "#{a.b()}", "=", "x", "", "R/P", "'", "${a == }", "null", "-1", "é", "0/5 * *"]


def broken(content: bytes, seed: int) -> bytes:
    """``content`` with one to three things changed: a text, a name, a tag, a piece lost."""
    change = random.Random(seed)
    text = content.decode()
    for _ in range(change.randint(1, 3)):
        spots = [*re.finditer(r'"([^"<>]*)"|>([^<>]+)<|<(/?\w+:?\w*)', text)]
        spot = change.choice(spots)
        group = next(number for number in (1, 2, 3) if spot[number] is not None)
        start, end = spot.span(group)
        kind = change.randrange(4)
        if kind == 0:
            text = text[:start] + change.choice(WORDS) + text[end:]
        elif kind == 1:
            other = change.choice(spots)
            text = text[:start] + other.group(0).strip('"<>/') + text[end:]
        elif kind == 2:
            text = text[:start] + text[start:end].swapcase() + text[end:]
        else:
            found = re.search(r"<(\w+:?\w*)[^<>]*/>|<(\w+:?\w*)[^<>]*>[^<>]*</\2>", text[start:])
            text = text if found is None else text[:start] + text[start:].replace(found[0], "", 1)
    return text.encode()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(range(len(SAMPLES))), st.integers(0, 2**32))
def test_broken_files_are_converted_or_reported(sample: int, seed: int) -> None:
    content = broken(SAMPLES[sample], seed)
    name = "a.dmn" if b"/DMN/" in content else "a.bpmn"
    result = converted(content, name)
    sound(result)
    assert result.files or result.open
