"""Where elements may stand, and what belongs together: sub-processes and their starts, links,
compensation and its handlers, transactions and cancelling, loops, listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.bpmn.attributes import TASK_EVENTS
from engine.bpmn.diagram import SUB_PROCESSES, Element, ProcessInfo, may_be_chosen
from engine.bpmn.remarks import Remarks
from engine.bpmn.remedies import remedy
from engine.model import Finding

_NO_START_LISTENER = frozenset({"startEvent", "boundaryEvent"})


def check(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    """What is wrong about the place of one element."""
    for one in (_sub_process, _event_sub_process, _ad_hoc, _loops, _listeners, _handler):
        yield from one(remarks, process, element)
    kind = element.event.kind if element.event else "none"
    if kind in _BY_KIND:
        yield from _BY_KIND[kind](remarks, process, element)


def _sub_process(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if element.type not in ("subProcess", "transaction"):
        return
    starts = [one for one in process.children(element.id) if one.type == "startEvent"]
    if len(starts) == 1:
        return
    zh, en = ("事件", "with an event") if element.event_sub_process else ("空白", "plain")
    yield remarks.on(
        element,
        "event-sub-process-typed-start-event"
        if element.event_sub_process
        else "sub-process-blank-start-event",
        f"是子流程，必须恰有一个{zh}开始事件，现有 {len(starts)} 个。",
        f"is a sub-process and needs exactly one start event ({en}); it has {len(starts)}.",
        (f"在其中画一个{zh}开始事件。", f"Draw one start event ({en}) inside it."),
    )


def _event_sub_process(
    remarks: Remarks, process: ProcessInfo, element: Element
) -> Iterator[Finding]:
    if not element.event_sub_process:
        return
    around = process.elements.get(element.parent or "")
    ad_hoc = around is not None and around.type == "adHocSubProcess"
    if element.type != "subProcess" or element.loop or element.repeat:
        yield remarks.on(
            element,
            "unsupported",
            "是事件子流程，不能同时是事务、即席子流程或多实例。",
            "is an event sub-process: it cannot be a transaction, ad-hoc or multi-instance.",
            ("在其中画一个普通子流程。", "Draw an ordinary sub-process inside it."),
        )
    if element.incoming or element.outgoing:
        yield remarks.on(
            element,
            "event-sub-process-flows",
            "是事件子流程，不能有连线。",
            "is an event sub-process and cannot have sequence flows.",
            ("删除连线；它由自己的开始事件触发。", "Delete them; its start event triggers it."),
        )
    start = process.event_start(element.id)
    if start is None or start.event is None or start.event.kind != "compensate":
        return
    twins = [
        one
        for other in process.children(element.parent)
        if other.event_sub_process and (one := process.event_start(other.id)) is not None
        if one.event is not None and one.event.kind == "compensate"
    ]
    if around is None or around.event_sub_process or ad_hoc or twins[0] is not start:
        yield remarks.on(
            start,
            "compensation-place",
            "是补偿开始事件，只能用在普通子流程内的事件子流程中，每个子流程一个。",
            "starts a compensation: only in an event sub-process inside an ordinary sub-process, "
            "one in each.",
            remedy("startEvent with compensate"),
        )


def _ad_hoc(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    said = element.ad_hoc
    if said is None:
        return
    inside = list(process.children(element.id))
    wrong = [one for one in inside if one.type in ("startEvent", "endEvent")]
    for one in wrong:
        yield remarks.on(
            one,
            "ad-hoc-sub-process",
            "在即席子流程中，那里不能有开始和结束事件。",
            "stands in an ad-hoc sub-process, which has no start and end events.",
            ("删除它。", "Delete it."),
        )
    if not any(may_be_chosen(one) for one in inside):
        yield remarks.on(
            element,
            "ad-hoc-sub-process",
            "是即席子流程，其中没有可以激活的元素。",
            "is an ad-hoc sub-process without an element that can be activated.",
            ("在其中画一个没有入线的任务。", "Draw a task without incoming flow inside it."),
        )
    if element.job is not None and (said.active or said.completion_condition):
        yield remarks.on(
            element,
            "ad-hoc-sub-process",
            "由作业决定激活和完成，不能再填激活集合或完成条件。",
            "is driven by its job, which decides what is activated and when it is done.",
            ("删除任务定义，或删除集合和条件。", "Delete the job or the collection and condition."),
        )


def _is_activity(element: Element) -> bool:
    tag = element.type.lower()
    return element.type in SUB_PROCESSES or tag.endswith(("task", "callactivity"))


def _loops(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    loop = element.loop
    activity = _is_activity(element)
    if (loop is not None or element.repeat is not None) and not activity:
        yield remarks.on(
            element,
            "unsupported",
            "不能是多实例或循环。",
            "cannot be multi-instance or a loop.",
            ("删除多实例或循环。", "Delete its loop."),
        )
    if loop is not None and element.repeat is not None:
        yield remarks.on(
            element,
            "unsupported",
            "不能既是循环又是多实例。",
            "cannot be both a loop and multi-instance.",
            ("删除其中一个。", "Delete one of them."),
        )
    if loop is not None and loop.cardinality and loop.input_collection:
        yield remarks.on(
            element,
            "unsupported",
            "带有 loopCardinality，又有输入集合。",
            "has loopCardinality besides its input collection.",
            remedy("loopCardinality"),
            line=loop.line,
        )


def _listeners(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    yield from listeners(remarks, element)


def listeners(remarks: Remarks, element: Element) -> Iterator[Finding]:
    """The listeners of an element, or of the process as one, that cannot be run."""
    kind = element.event.kind if element.event else "none"
    undoes = element.type == "boundaryEvent" and kind == "compensate"
    for one in element.listeners:
        known = TASK_EVENTS if one.of_task and element.type == "userTask" else ("start", "end")
        early = one.event == "start" and element.type in _NO_START_LISTENER
        wrong_kind = one.of_task and element.type != "userTask"
        if one.event not in known or early or wrong_kind or undoes:
            yield remarks.on(
                element,
                "unsupported",
                f"带有“{one.event}”监听器，本引擎在这里不执行。",
                f"has a listener of “{one.event}”, which this engine does not carry out here.",
                remedy(f"listener of {one.event}", "listener"),
                line=one.line,
            )


def _handler(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if not element.compensates:
        return
    used = any(one.handler == element.id for one in process.elements.values())
    flows = element.incoming or element.outgoing or any(process.boundaries(element.id))
    if not used or flows or element.event_sub_process or not _is_activity(element):
        yield remarks.on(
            element,
            "compensation-handler",
            "是补偿活动：必须由一个补偿边界事件关联，不能有连线和边界事件。",
            "is a compensation handler: a compensation boundary event must be associated with "
            "it, and it has neither sequence flows nor boundary events.",
            (
                "从补偿边界事件画一条关联线到它；更多步骤请画成子流程。",
                "Draw an association from the boundary event to it; make it a sub-process if it "
                "needs more steps.",
            ),
        )


def _compensate(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if element.type == "boundaryEvent":
        yield from _compensated(remarks, process, element)
    elif element.type != "startEvent" and element.event and element.event.activity:
        yield from _undone(remarks, process, element, element.event.activity)


def _compensated(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    handler = process.elements.get(element.handler or "")
    good = handler is not None and handler.compensates and handler.parent == element.parent
    host = process.elements.get(element.attached_to or "")
    mine = [
        one
        for one in process.boundaries(element.attached_to or "")
        if one.event is not None and one.event.kind == "compensate"
    ]
    twin = mine[:1] != [element] or (host is not None and host.compensates)
    if not good or element.outgoing or twin:
        yield remarks.on(
            element,
            "compensation-handler",
            "是补偿边界事件：必须恰好关联一个补偿活动，不能有出线，每个活动一个。",
            "is a compensation boundary event: it is associated with one compensation handler, "
            "has no outgoing flow, and there is one at an activity.",
            (
                "画一条关联线到补偿活动。",
                "Draw an association to a compensation handler.",
            ),
        )


def _undone(
    remarks: Remarks, process: ProcessInfo, element: Element, activity: str
) -> Iterator[Finding]:
    scopes = [element.parent]
    while (around := process.elements.get(scopes[-1] or "")) and around.event_sub_process:
        scopes.append(around.parent)
    target = process.elements.get(activity)
    can = target is not None and (
        target.type in SUB_PROCESSES or any(one.handler for one in process.boundaries(activity))
    )
    if target is None or target.parent not in scopes or not can or target.event_sub_process:
        yield remarks.on(
            element,
            "compensation-activity",
            f"要补偿的活动“{activity}”不在同一层，或没有补偿边界事件。",
            f"compensates the activity “{activity}”, which is not in the same scope or has no "
            "compensation boundary event.",
            ("重新选择活动，或补偿整个范围。", "Choose another, or compensate the whole scope."),
        )


def _cancel(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    place = element.attached_to if element.type == "boundaryEvent" else element.parent
    around = process.elements.get(place or "")
    caught = around is not None and any(
        one.event is not None and one.event.kind == "cancel"
        for one in process.boundaries(around.id)
    )
    if around is None or around.type != "transaction" or not caught:
        yield remarks.on(
            element,
            "cancel-place",
            "是取消事件：取消结束事件放在事务中，取消边界事件挂在这个事务上。",
            "cancels: a cancel end event stands in a transaction that has a cancel boundary event.",
            (
                "改用错误事件，或把子流程改成事务并画出取消边界事件。",
                "Use an error event, or make the sub-process a transaction with a cancel "
                "boundary event.",
            ),
        )


def _link(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    others = process.links(element)
    catches = element.type == "intermediateCatchEvent"
    wrong = element.incoming if catches else element.outgoing
    if wrong or not others or (not catches and len(others) > 1):
        yield remarks.on(
            element,
            "link-event",
            "是链接事件：抛出和捕获在同一层用同一个名称，每个名称只有一个捕获，链接处没有连线。",
            "is a link event: throw and catch have the same name in the same scope, a name has "
            "one catch, and no sequence flow crosses the link.",
            ("改正名称，或用一条连线直接连接。", "Correct the names or connect them with a flow."),
        )


_BY_KIND: dict[str, Callable[[Remarks, ProcessInfo, Element], Iterator[Finding]]] = {
    "compensate": _compensate,
    "cancel": _cancel,
    "link": _link,
}
