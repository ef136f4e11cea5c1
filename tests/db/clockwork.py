"""A small process with clocks for the tests: a limit from a table, a task with a warning and an
alarm, a suspension."""

from __future__ import annotations

from tests.unit.bpmn.drawing import (
    boundary,
    catch,
    definitions,
    el,
    end,
    ext,
    flows,
    io,
    message,
    message_definition,
    process,
    script,
    start,
    timer,
    user,
    z,
)

TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="limits" name="时限"
    namespace="limits">
  <decision id="limit" name="到期时间">
    <variable id="limit_v" name="到期时间"/>
    <informationRequirement id="need"><requiredDecision href="#limit-table"/>
    </informationRequirement>
    <literalExpression id="limit_e"><text>{{
  span: 时限表.span, clock: 时限表.clock, warn_before: "PT30M",
  due_at: if clock = "自然时间" then date and time(from) + duration(span)
    else if clock = "工作时间" then workingDue(date and time(from), duration(span))
    else workingDaysDue(date and time(from), duration(span).days)
}}</text></literalExpression>
  </decision>
  <decision id="limit-table" name="时限表">
    <variable id="limit-table_v" name="时限表"/>
    <decisionTable id="table" hitPolicy="FIRST">
      <input id="in"><inputExpression id="ine"><text>class</text></inputExpression></input>
      <output id="o1" name="span"/><output id="o2" name="clock"/>
      {rules}
    </decisionTable>
  </decision>
</definitions>"""
RULE = (
    '<rule id="r{n}"><description>{remark}</description><inputEntry id="r{n}i"><text>"{given}"'
    '</text></inputEntry><outputEntry id="r{n}o"><text>"{span}"</text></outputEntry>'
    '<outputEntry id="r{n}p"><text>"{clock}"</text></outputEntry></rule>'
)


def table(*rules: tuple[str, str, str]) -> bytes:
    """A table of limits: class, span, clock."""
    made = [
        RULE.format(n=n, remark=f"{given}类", given=given, span=span, clock=clock)
        for n, (given, span, clock) in enumerate(rules, 1)
    ]
    return TABLE.format(rules="".join(made)).encode()


LIMITS = table(("一", "PT60M", "自然时间"), ("二", "PT120M", "工作时间"), ("三", "P5D", "工作日"))


def clocked(**said: str) -> str:
    """The extension properties ``clock.…``; ``from_`` is ``clock.from``."""
    pairs = [
        z("property", name=f"clock.{key.rstrip('_')}", value=value) for key, value in said.items()
    ]
    return z("properties", *pairs)


def handling(move: str = "=due after pause(due, stopped_at, now(), clock)") -> bytes:
    """start → limit → work → end; ``work`` has a warning and an alarm and can be suspended,
    after which ``move`` says the new due time ("" leaves it to the engine)."""
    limit = el(
        "businessRuleTask", "limit",
        ext(
            z("calledDecision", decisionId="limit", resultVariable="limit"),
            io({"from": "=now()"}, {"due": "=limit.due_at", "clock": "=limit.clock"}),
            clocked(start="回复", due="due"),
        ),
    )
    work = user(
        "work", z("assignmentDefinition", assignee="li"), z("taskSchedule", dueDate="=due"),
        clocked(stop="回复"),
    )
    moved = (
        script("moved", "due", move, clocked(resume="回复"))
        if move else el("task", "moved", ext(clocked(resume="回复")))
    )
    return definitions(
        message_definition("Stop", "挂起", "=case_key"),
        message_definition("Go", "恢复", "=case_key"),
        process(
            start(), limit, el("exclusiveGateway", "merge"), work,
            boundary("warned", "work", timer("date", '=date and time(due) - duration("PT30M")'),
                     interrupting=False),
            boundary("late", "work", timer("date", "=due"), interrupting=False),
            boundary(
                "stop", "work", message("Stop"), io(None, {"stopped_at": "=now()"}),
                clocked(pause="*", reason="=why"),
            ),
            catch("go", message("Go")), moved,
            el("endEvent", "warned_end"), el("endEvent", "late_end"), end(),
            flows("start limit merge work end", "stop go moved merge", "warned warned_end",
                  "late late_end"),
        ),
    )
