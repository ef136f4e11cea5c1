"""Small files of other engines for the tests, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from engine import bpmn
from engine.bpmn import Element
from engine.convert import Converted, convert
from engine.model import File, Finding

NAMESPACES = {
    "camunda": "http://camunda.org/schema/1.0/bpmn",
    "flowable": "http://flowable.org/bpmn",
    "activiti": "http://activiti.org/bpmn",
}


def diagram(body: str, outside: str = "", vendor: str = "camunda", **process: str) -> bytes:
    """A file with one process ``p``; ``x:`` is the vendor's prefix in ``body``."""
    more = "".join(f' {key.replace("_", ":")}="{value}"' for key, value in process.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        f'xmlns:x="{NAMESPACES[vendor]}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">\n'
        f'{outside}<process id="p"{more}>\n{body}</process>\n</definitions>\n'
    ).encode()


def line(*ids: str) -> str:
    """Sequence flows from one element to the next."""
    return "".join(
        f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>\n' for a, b in pairwise(ids)
    )


def around(task: str, name: str = "a") -> str:
    """A start event, the task and an end event."""
    return f'<startEvent id="s"/>\n{task}\n<endEvent id="e"/>\n{line("s", name, "e")}'


def ext(*content: str) -> str:
    return f"<extensionElements>{''.join(content)}</extensionElements>"


def converted(content: bytes, name: str = "a.bpmn", **more: bytes) -> Converted:
    """The file converted, together with ``more`` (``table_dmn`` is ``table.dmn``)."""
    others = [File(key.replace("_", "."), one) for key, one in more.items()]
    return convert([File(name, content), *others])


def parsed(result: Converted) -> bpmn.Diagram:
    """The first diagram as our engine reads it."""
    file = next(one for one in result.files if one.name.endswith(".bpmn"))
    return bpmn.parse(file.content, file.name)


def element(result: Converted, name: str = "a") -> Element:
    return parsed(result).processes[0].elements[name]


def task(body: str, name: str = "a", vendor: str = "camunda") -> tuple[Element, Converted]:
    """One element between start and end: how our engine reads it, and the whole result."""
    result = converted(diagram(around(body, name), vendor=vendor))
    return element(result, name), result


def rules(result: Converted) -> Mapping[str, str]:
    """Rule → severity of what was found."""
    return {one.rule: one.severity for one in result.findings}


def finding(result: Converted, rule: str) -> Finding:
    (found,) = [one for one in result.findings if one.rule == rule]
    return found
