"""The instructions that assert. Each raises Failed with what was expected and what is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.feel import FeelError, compile_expression, to_json
from engine.model import Json
from engine.scenarios.clock import instant
from engine.scenarios.failure import (
    Failed,
    Undecided,
    differs,
    object_difference,
    same,
    show,
)
from engine.scenarios.finding import (
    decisions_of,
    instance_of,
    tasks_of,
    visits_of,
    waiting,
)
from engine.scenarios.stage import Instance, Stage, Task
from engine.scenarios.theatre import Theatre

Data = Mapping[str, Any]

_VISIT_STATES = {
    "IS_ACTIVE": "active", "IS_COMPLETED": "completed", "IS_TERMINATED": "terminated",
}
_TASK_STATES = {"open": "IS_CREATED", "completed": "IS_COMPLETED", "cancelled": "IS_CANCELED"}


def _process(theatre: Theatre, data: Data) -> None:
    instance = instance_of(theatre.stage, data["processInstanceSelector"])
    state, wanted = f"IS_{instance.state.upper()}", data.get("state")
    if wanted is not None and wanted not in (state, "IS_CREATED"):
        raise Failed(
            f"流程 {instance.process_id} 的状态：期望 {wanted}，实际 {state}；"
            f"{waiting(theatre.stage)}",
            f"{instance.process_id}: expected {wanted}, is {state}.",
        )
    incidents = data.get("hasActiveIncidents")
    found = [one.zh for one in theatre.stage.incidents if one.instance is instance]
    if incidents is not None and incidents is not bool(found):
        raise differs(
            f"流程 {instance.process_id} 有未处理的异常",
            f"{instance.process_id} has open incidents", incidents, found or False,
        )


def _element(theatre: Theatre, data: Data) -> None:
    instance = instance_of(theatre.stage, data["processInstanceSelector"])
    selector, amount = data["elementSelector"], data.get("amount", 1)
    state = _VISIT_STATES[data["state"]]
    found = [one for one in visits_of(instance, selector) if one.state == state]
    if len(found) != amount:
        raise _elements_failed(theatre.stage, instance, selector, data["state"], amount)


def _elements(theatre: Theatre, data: Data) -> None:
    instance = instance_of(theatre.stage, data["processInstanceSelector"])
    selectors, state = data["elementSelectors"], data["state"]
    if state == "IS_COMPLETED_IN_ORDER":
        _in_order(theatre.stage, instance, selectors)
        return
    for selector in selectors:
        visits = visits_of(instance, selector)
        if state == "IS_NOT_ACTIVATED":
            holds = not visits
        elif state == "IS_NOT_ACTIVE":
            holds = all(one.state != "active" for one in visits)
        else:
            wanted = _VISIT_STATES.get(state, "active")
            holds = any(one.state == wanted for one in visits)
        if not holds:
            raise _elements_failed(theatre.stage, instance, selector, state, None)
    if state == "IS_ACTIVE_EXACTLY":
        _nothing_else(instance, selectors)


def _in_order(stage: Stage, instance: Instance, selectors: list[Data]) -> None:
    """Completed one after another; others may lie between."""
    ended = sorted(instance.visits, key=lambda one: one.ended)
    completed = iter([one for one in ended if one.state == "completed"])
    for selector in selectors:
        fits = [one.token for one in visits_of(instance, selector)]
        if not any(one.token in fits for one in completed):
            raise _elements_failed(stage, instance, selector, "IS_COMPLETED_IN_ORDER", None)


def _nothing_else(instance: Instance, selectors: list[Data]) -> None:
    named = {one.token for selector in selectors for one in visits_of(instance, selector)}
    others = [o.element_id for o in instance.visits if o.state == "active" and o.token not in named]
    if others:
        raise differs("除所列节点外还有活动的节点", "other active elements", [], others)


def _elements_failed(
    stage: Stage, instance: Instance, selector: Data, state: str, amount: int | None
) -> Failed:
    visits = [one.state for one in visits_of(instance, selector)]
    times = "" if amount is None else f" {amount} 次"
    name = selector.get("elementId") or selector.get("elementName")
    return Failed(
        f"节点 {name}：期望 {state}{times}，实际 {show(visits) if visits else '从未到达'}；"
        f"{waiting(stage)}",
        f"{name}: expected {state}, is {visits or 'never entered'}.",
    )


def _task(theatre: Theatre, data: Data) -> None:
    task = _asserted_task(theatre.stage, data)
    opened = task.opened
    actual: dict[str, Json] = {
        "state": _TASK_STATES[task.state], "assignee": opened.assignee,
        "candidateGroups": list(opened.candidate_groups), "priority": opened.priority,
        "elementId": opened.element_id, "name": opened.name,
        "dueDate": _instant(opened.due_at), "followUpDate": _instant(opened.follow_up_at),
    }
    expected = {key: value for key, value in data.items() if key != "userTaskSelector"}
    groups = expected.get("candidateGroups")
    if groups is not None and set(groups) <= set(opened.candidate_groups):
        del expected["candidateGroups"]  # the schema asks for those that must be among them
    for key in ("dueDate", "followUpDate"):
        if key in expected:
            expected[key] = _instant(instant(expected[key]))
    failed = object_difference(
        f"用户任务 {opened.element_id} 与期望不符：", f"user task {opened.element_id}",
        expected, actual,
    )
    if failed is not None:
        raise failed


def _asserted_task(stage: Stage, data: Data) -> Task:
    """The open task that fits, else the last one of the wanted state, else the last one."""
    found = tasks_of(stage, data["userTaskSelector"])
    if not found:
        raise Failed(
            f"从未有过用户任务 {show(dict(data['userTaskSelector']))}；{waiting(stage)}",
            f"There was no user task {show(dict(data['userTaskSelector']))}.",
        )
    wanted = data.get("state", "IS_CREATED")
    fitting = [task for task in found if _TASK_STATES[task.state] == wanted]
    return (fitting or found)[-1]


def _variables(theatre: Theatre, data: Data) -> None:
    instance, actual = _scope(theatre, data)
    missing = [name for name in data.get("variableNames") or [] if name not in actual]
    if missing:
        raise _lacks(instance, missing, actual)
    failed = object_difference(
        f"流程 {instance.process_id} 的变量与期望不符：", f"variables of {instance.process_id}",
        data.get("variables") or {}, actual,
    )
    if failed is not None:
        raise failed


def _variable(theatre: Theatre, data: Data) -> None:
    """A condition in FEEL is checked, and that the variable is there; a meaning is not."""
    instance, actual = _scope(theatre, data)
    name = data["variableName"]
    if name not in actual:
        raise _lacks(instance, [name], actual)
    if "satisfiesExpression" in data:
        _satisfies(theatre, data["satisfiesExpression"], name, actual[name])
    meant = data.get("satisfiesJudge", {}).get("expectation")
    wanted = data.get("similarTo", {}).get("expectedValue") if meant is None else meant
    if wanted is None:
        return
    raise Undecided(
        f"变量 {name} 是否符合“{wanted}”要由语言模型评判，这里没有；"
        f"它现在是 {show(actual[name])}。请用 ASSERT_VARIABLES 写明期望值。",
        f"Whether {name} satisfies “{wanted}” needs a language model, which is not here; it is "
        f"{show(actual[name])}. Use ASSERT_VARIABLES to state the value.",
    )


def _satisfies(theatre: Theatre, text: str, name: str, value: Json) -> None:
    try:
        expression = compile_expression(
            text.strip().removeprefix("="), names=[name],
            functions=theatre.library.setting.functions,
        )
        found = to_json(expression.evaluate({name: value}))
    except FeelError as error:
        raise Failed(
            f"表达式 {text} 不能计算：{error.zh}", f"The expression {text}: {error.en}"
        ) from error
    if found is not True:
        raise Failed(
            f"变量 {name} 不符合 {text}：结果是 {show(found)}，变量是 {show(value)}",
            f"{name} does not satisfy {text}: it gives {show(found)}, {name} is {show(value)}.",
        )


def _lacks(instance: Instance, names: list[str], actual: Mapping[str, Json]) -> Failed:
    return differs(
        f"流程 {instance.process_id} 缺少变量", f"{instance.process_id} lacks variables",
        names, sorted(actual),
    )


def _scope(theatre: Theatre, data: Data) -> tuple[Instance, Mapping[str, Json]]:
    """The instance, and its own variables or those of the element named."""
    instance = instance_of(theatre.stage, data["processInstanceSelector"])
    selector = data.get("elementSelector")
    if selector is None:
        return instance, instance.scopes[""]
    visits = visits_of(instance, selector)
    if not visits:
        raise _elements_failed(theatre.stage, instance, selector, "IS_ACTIVE", None)
    return instance, instance.scopes.get(visits[-1].token, {})


def _decision(theatre: Theatre, data: Data) -> None:
    selector = data["decisionSelector"]
    records = decisions_of(theatre.stage, selector)
    if not records:
        wanted = show(dict(selector))
        raise Failed(f"决策 {wanted} 从未执行。", f"{wanted} was never evaluated.")
    record = records[-1]
    name, name_en = f"决策 {record.get('decision')}", f"decision {record.get('decision')}"
    if "output" in data and not same(data["output"], record.get("output")):
        raise differs(f"{name} 的结果", f"{name_en}: output", data["output"], record.get("output"))
    matched = [rule["index"] for rule in record.get("rules") or []]
    if not set(data.get("matchedRules") or []) <= set(matched):
        raise differs(f"{name} 命中的规则", f"{name_en}: rules", data["matchedRules"], matched)
    if set(data.get("notMatchedRules") or []) & set(matched):
        raise differs(
            f"{name} 不应命中的规则", f"{name_en}: rules not to match",
            data["notMatchedRules"], matched,
        )
    if data.get("noMatchedRules") is True and matched:
        raise differs(f"{name} 命中的规则", f"{name_en}: rules", [], matched)


def _subscription(theatre: Theatre, data: Data) -> None:
    instance = instance_of(theatre.stage, data["processInstanceSelector"])
    selector = data["messageSelector"]
    found = [
        one for one in theatre.stage.subscriptions
        if one.instance is instance and one.opened.kind == "message"
        and one.opened.message == selector["messageName"]
        and selector.get("correlationKey") in (None, one.opened.correlation_key)
    ]
    is_waiting = any(one.state == "open" for one in found)
    correlated = any(one.correlated for one in found)
    holds = {
        "IS_WAITING": is_waiting, "IS_NOT_WAITING": not is_waiting, "IS_CORRELATED": correlated,
    }
    if not holds[data["state"]]:
        raise Failed(
            f"消息 {selector['messageName']}：期望 {data['state']}，"
            f"实际{'在等待' if is_waiting else '不在等待'}、{'已' if correlated else '未'}收到；"
            f"{waiting(theatre.stage)}",
            f"{selector['messageName']}: expected {data['state']}.",
        )


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else str(moment.astimezone().isoformat())


ASSERTIONS: dict[str, Callable[[Theatre, Data], None]] = {
    "ASSERT_PROCESS_INSTANCE": _process,
    "ASSERT_ELEMENT_INSTANCE": _element,
    "ASSERT_ELEMENT_INSTANCES": _elements,
    "ASSERT_USER_TASK": _task,
    "ASSERT_VARIABLE": _variable,
    "ASSERT_VARIABLES": _variables,
    "ASSERT_DECISION": _decision,
    "ASSERT_PROCESS_INSTANCE_MESSAGE_SUBSCRIPTION": _subscription,
}
