"""What the extension properties ``clock.…`` say of the case's clocks (docs/clocks.md)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.clocks import MARKS, NAMES, names_of
from engine.bpmn.diagram import Element, ProcessInfo
from engine.bpmn.remarks import Remarks
from engine.model import Finding

_OF_START = frozenset({"limit", "due", "from", "agreed", "consent"})
_VARIABLE = str.isidentifier


def check(remarks: Remarks, process: ProcessInfo) -> Iterator[Finding]:
    for element in process.elements.values():
        said = {
            key.removeprefix("clock."): value.strip()
            for key, value in element.properties.items() if key.startswith("clock.")
        }
        if said:
            yield from _of(remarks, element, said)


def _of(remarks: Remarks, element: Element, said: dict[str, str]) -> Iterator[Finding]:
    for name in sorted(said.keys() - NAMES):
        known = "、".join(f"clock.{one}" for one in sorted(NAMES))
        yield remarks.on(
            element, "clock-property",
            f"的扩展属性 clock.{name} 不认识。", f"has an unknown property clock.{name}.",
            (f"可用的有 {known}。", f"There are {known}."),
        )
    lonely = sorted(said.keys() & _OF_START) if "start" not in said else []
    if lonely:
        yield remarks.on(
            element, "clock-property",
            f"写了 clock.{lonely[0]}，却没有开始时钟。",
            f"has clock.{lonely[0]} but starts no clock.",
            ("补上 clock.start（时钟的名称）。", "Add clock.start, the clock's name."),
        )
    if said.keys() <= {"of", "reason"} and said:
        yield remarks.on(
            element, "clock-property",
            "写了时钟的归属或原因，却没有说对时钟做什么。",
            "says whose clock or why, but not what happens to it.",
            (f"补上 clock.start 或 clock.{MARKS[0]} 等。", "Add clock.start, clock.stop …"),
        )
    if not all(_VARIABLE(name) for name in names_of(said.get("moves", ""))):
        yield remarks.on(
            element, "clock-property",
            f"的 clock.moves 应是变量名，不是“{said['moves']}”。",
            f"has a clock.moves that names no variables: “{said['moves']}”.",
            ("写到期时间变了的变量的名称，用逗号分隔，不带等号。",
             "Write the names of the variables whose due time has changed, separated by commas, "
             "without “=”."),
        )
    if said.get("consent", "no") != "no":
        yield remarks.on(
            element, "clock-property",
            f"的 clock.consent 只能写 no，不是“{said['consent']}”。",
            f"has a clock.consent that is not “no”: “{said['consent']}”.",
            ("客户不能同意改动的时限写 no，其余不写。",
             "Write “no” where customers cannot agree to another time, else leave it out."),
        )
    if said.get("due") and not _VARIABLE(said["due"]):
        yield remarks.on(
            element, "clock-property",
            f"的 clock.due 应是变量名，不是“{said['due']}”。",
            f"has a clock.due that names no variable: “{said['due']}”.",
            ("写保存到期时间的变量的名称，不带等号。",
             "Write the name of the variable that holds the due time, without “=”."),
        )
