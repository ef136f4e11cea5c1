"""What this engine runs, and what it refuses with the way to draw it instead.

Nothing is passed over in silence: an element that is not in the table is refused wherever it
stands, reachable or not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.diagram import Element, Flow, ProcessInfo
from engine.model import Finding, Severity

EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"none", "timer", "message"}),
    "intermediateCatchEvent": frozenset({"timer", "message"}),
    "intermediateThrowEvent": frozenset({"none", "message", "escalation"}),
    "boundaryEvent": frozenset({"timer", "message", "error", "escalation"}),
    "endEvent": frozenset({"none", "message", "error", "escalation", "terminate"}),
}
ACTIVITIES = frozenset(
    {
        "task",
        "manualTask",
        "userTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
        "subProcess",
        "callActivity",
    }
)
GATEWAYS = frozenset(
    {
        "exclusiveGateway",
        "parallelGateway",
        "inclusiveGateway",
        "eventBasedGateway",
    }
)

_ELSEWHERE: dict[str, tuple[str, str]] = {
    "complexGateway": (
        "请改用包容网关或并行网关。",
        "Use an inclusive or a parallel gateway instead.",
    ),
    "transaction": (
        "请改用子流程，并用错误边界事件表示取消。",
        "Use a sub-process, with an error boundary event for the cancellation.",
    ),
    "adHocSubProcess": (
        "请改用子流程，用网关画出可选的路径。",
        "Use a sub-process and draw the optional paths with gateways.",
    ),
    "signal": (
        "请改用消息事件（按关联键送达），或用调用活动通知。",
        "Use a message event with a correlation key instead.",
    ),
    "link": ("请用一条连线直接连接两处。", "Connect the two places with a sequence flow."),
    "compensate": (
        "请把补偿步骤画成普通路径，例如从错误边界事件引出。",
        "Draw the compensating steps as an ordinary path, e.g. from an error boundary event.",
    ),
    "conditional": (
        "请用消息事件，或用定时器加排他网关检查条件。",
        "Use a message event, or a timer with an exclusive gateway that checks the condition.",
    ),
    "cancel": ("请改用错误事件。", "Use an error event instead."),
    "multiple": (
        "一个事件只画一个事件定义；需要多个时画多个事件。",
        "Give the event one definition; draw several events where several are needed.",
    ),
    "event sub-process": (
        "请改用挂在子流程边界上的（非中断）边界事件。",
        "Use a (non-interrupting) boundary event on a sub-process instead.",
    ),
    "standardLoopCharacteristics": (
        "请用排他网关画出循环，或用多实例。",
        "Draw the loop with an exclusive gateway, or use a multi-instance.",
    ),
    "formKey": ("请改用表单标识（Camunda 表单，链接）。", "Use a form id (Camunda form, linked)."),
    "externalReference": (
        "请改用表单标识（Camunda 表单，链接）。",
        "Use a form id (Camunda form, linked).",
    ),
    "zeebe:executionListeners": (
        "请在它之前或之后画一个服务任务。",
        "Draw a service task before or behind it.",
    ),
    "zeebe:taskListeners": (
        "请在它之前或之后画一个服务任务。",
        "Draw a service task before or behind it.",
    ),
    "isForCompensation": (
        "请把补偿步骤画成普通路径，例如从错误边界事件引出。",
        "Draw the compensating steps as an ordinary path, e.g. from an error boundary event.",
    ),
    "instantiate": ("请改用消息开始事件。", "Use a message start event instead."),
    "eventGatewayType": (
        "请用并行网关引出几个捕获事件，再汇合。",
        "Fork with a parallel gateway to the events and join them.",
    ),
    "loopCardinality": (
        "请在“输入集合”中给出列表，例如 =for i in 1..3 return i。",
        "Give a list as input collection, e.g. =for i in 1..3 return i.",
    ),
}
_ID = re.compile(r"[^\W\d][\w.-]*")
_OTHER = (
    "请删除它，或换成受支持的元素（见 docs/bpmn.md）。",
    "Delete it or use a supported element (see docs/bpmn.md).",
)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Makes the findings of one file."""

    filename: str

    def on(
        self,
        element: Element | Flow,
        rule: str,
        zh: str,
        en: str,
        remedy: tuple[str, str] = ("", ""),
        *,
        severity: Severity = "error",
        line: int | None = None,
    ) -> Finding:
        """A finding at an element or flow; the sentences go on from its name."""
        return Finding(
            rule,
            severity,
            self.filename,
            zh,
            en,
            *remedy,
            line=line or element.line,
            element_id=element.id,
            element_name=element.name,
        )


def refusals(filename: str, process: ProcessInfo) -> list[Finding]:
    """Everything in a process that cannot be run as drawn. Empty: it can be compiled."""
    remarks = Remarks(filename)
    found = [_unread(remarks, process, tag, line) for tag, line in process.unknown]
    for flow in process.flows.values():
        found += _flow(remarks, process, flow)
    for element in process.elements.values():
        found += _element(remarks, process, element)
    return found


def _element(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    if not _ID.fullmatch(element.id):
        yield remarks.on(
            element,
            "id-required",
            "没有可用的标识。",
            "has no usable id.",
            (
                "标识以字母开头，只含字母、数字、点、横线和下划线。",
                "An id begins with a letter and has letters, digits, dots, dashes, underscores.",
            ),
        )
    what = _unsupported(element)
    if what is not None:
        yield remarks.on(
            element,
            "unsupported",
            f"是 {what}，本引擎不执行。",
            f"is a {what}, which this engine does not run.",
            _ELSEWHERE.get(what.split(" with ")[-1], _ELSEWHERE.get(element.type, _OTHER)),
        )
        return
    for tag, line in element.unknown:
        yield remarks.on(
            element,
            "unsupported",
            f"带有 {tag}，本引擎不执行。",
            f"has {tag}, which this engine does not carry out.",
            _ELSEWHERE.get(tag, _OTHER),
            line=line,
        )
    for need in _needs(element):
        yield remarks.on(
            element,
            "definition-required",
            f"没有{need.zh}。",
            f"lacks {need.en}.",
            (need.remedy_zh, need.remedy_en),
        )
    if element.loop is not None and element.type not in ACTIVITIES:
        yield remarks.on(element, "unsupported", "不能是多实例。", "cannot be multi-instance.")
    if element.type == "boundaryEvent":
        yield from _boundary(remarks, process, element)
    if element.type == "subProcess":
        yield from _sub_process(remarks, process, element)
    if element.type == "eventBasedGateway":
        yield from _event_gateway(remarks, process, element)


def _unsupported(element: Element) -> str | None:
    if element.type in EVENTS:
        kind = element.event.kind if element.event else "none"
        if kind in EVENTS[element.type] and not (element.parent and _triggered_start(element)):
            return None
        return f"{element.type} with {kind}"
    if element.event_sub_process:
        return "event sub-process"
    return None if element.type in ACTIVITIES | GATEWAYS else element.type


def _triggered_start(element: Element) -> bool:
    return (
        element.type == "startEvent" and element.event is not None and element.event.kind != "none"
    )


@dataclass(frozen=True, slots=True)
class _Need:
    """Something an element must say so that it can be run at all."""

    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_JOB = _Need(
    "任务定义（作业类型）",
    "a task definition (job type)",
    "在“任务定义”中填写作业类型，例如 mail.send。",
    "Fill in the job type under “Task definition”, e.g. mail.send.",
)
_SCRIPT = _Need(
    "FEEL 表达式",
    "a FEEL expression",
    "填写 FEEL 表达式和结果变量。",
    "Fill in expression and result variable.",
)
_DECISION = _Need(
    "要调用的决策",
    "a called decision",
    "填写决策标识和结果变量。",
    "Fill in decision id and result variable.",
)
_PROCESS = _Need(
    "被调用流程的标识",
    "the id of a called process",
    "填写“被调用元素”的流程标识。",
    "Fill in the process id of “Called element”.",
)
_MESSAGE = _Need("消息", "a message", "选择一个消息。", "Choose a message.")
_SENDING = _Need(
    "任务定义或消息",
    "a task definition or a message",
    "填写作业类型，或选择消息。",
    "Fill in a job type or choose a message.",
)
_TIME = _Need(
    "定时器的时间",
    "the time of its timer",
    "填写日期、时长或循环。",
    "Fill in a date, duration or cycle.",
)
_MESSAGE_NAME = _Need(
    "消息名称",
    "the name of a message",
    "选择或新建一个有名称的消息。",
    "Choose or make a message with a name.",
)
_COLLECTION = _Need(
    "多实例的输入集合",
    "an input collection",
    "填写输入集合，例如 =items。",
    "Fill in the collection, e.g. =items.",
)


def _needs(element: Element) -> Iterator[_Need]:
    event = element.event
    called = element.reference is not None and bool(element.reference.target)
    says_nothing = {
        "serviceTask": (_JOB, element.job is None),
        "scriptTask": (_SCRIPT, element.job is None and element.script is None),
        "businessRuleTask": (_DECISION, element.job is None and not called),
        "callActivity": (_PROCESS, not called),
        "receiveTask": (_MESSAGE, event is None),
        "sendTask": (_SENDING, event is None and element.job is None),
    }
    need, missing = says_nothing.get(element.type, (_JOB, False))
    if missing:
        yield need
    if event is not None and event.kind == "timer" and (event.timer is None or not event.timer[1]):
        yield _TIME
    if event is not None and event.kind == "message" and not event.name and element.job is None:
        yield _MESSAGE_NAME
    if element.loop is not None and not element.loop.input_collection:
        yield _COLLECTION


def _boundary(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    host = process.elements.get(element.attached_to or "")
    if host is None or host.type not in ACTIVITIES or host.parent != element.parent:
        yield remarks.on(
            element,
            "boundary-host",
            "没有挂在任何活动上。",
            "is not attached to an activity.",
            ("把它拖到一个任务或子流程的边上。", "Drag it onto the edge of a task or sub-process."),
        )
    if element.incoming:
        yield remarks.on(
            element,
            "boundary-incoming",
            "是边界事件，不能有入线。",
            "is a boundary event and cannot have incoming flows.",
            ("删除入线。", "Delete the incoming flow."),
        )


def _sub_process(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    starts = [one for one in process.children(element.id) if one.type == "startEvent"]
    if len(starts) != 1:
        yield remarks.on(
            element,
            "sub-process-blank-start-event",
            f"是子流程，必须恰有一个无触发器的开始事件，现有 {len(starts)} 个。",
            f"is a sub-process and needs exactly one plain start event; it has {len(starts)}.",
            ("在子流程中画一个空白开始事件。", "Draw one plain start event inside it."),
        )


def _event_gateway(remarks: Remarks, process: ProcessInfo, element: Element) -> Iterator[Finding]:
    targets = [process.elements.get(process.flows[one].target) for one in element.outgoing]
    for target in targets:
        if target is None or target.type != "intermediateCatchEvent" or len(target.incoming) > 1:
            yield remarks.on(
                element,
                "event-based-gateway",
                "是事件网关，每条出线必须直接通向一个只有这条入线的中间捕获事件。",
                "is an event-based gateway: each flow out of it must lead to an intermediate "
                "catch event that has no other incoming flow.",
                (
                    "在每条出线后画一个消息或定时器捕获事件。",
                    "Draw a message or timer catch event behind each flow.",
                ),
            )
            return
    if not targets:
        yield remarks.on(
            element,
            "event-based-gateway",
            "是事件网关，没有出线。",
            "is an event-based gateway without flows out of it.",
            ("画出它等待的事件。", "Draw the events it waits for."),
        )


def _flow(remarks: Remarks, process: ProcessInfo, flow: Flow) -> Iterator[Finding]:
    source = process.elements.get(flow.source)
    target = process.elements.get(flow.target)
    if source is None or target is None or source.parent != target.parent:
        yield remarks.on(
            flow,
            "broken-flow",
            "是一条断开的连线：两端必须是同一层（流程或子流程）中的元素。",
            "is a broken flow: both ends must be elements of the same process or sub-process.",
            ("重新连接这条线。", "Connect the flow again."),
        )
    if flow.condition is not None and not flow.condition.startswith("="):
        yield remarks.on(
            flow,
            "condition-feel",
            f"的条件“{flow.condition}”不是 FEEL：必须以 = 开头。",
            f"has the condition “{flow.condition}”, which is no FEEL: it must begin with =.",
            ("写成 =条件，例如 =amount > 100。", "Write = first, e.g. =amount > 100."),
        )


def _unread(remarks: Remarks, process: ProcessInfo, tag: str, line: int | None) -> Finding:
    return Finding(
        "unsupported",
        "error",
        remarks.filename,
        f"流程“{process.name}”带有 {tag}，本引擎不执行。",
        f"Process “{process.name}” has {tag}, which this engine does not carry out.",
        *_OTHER,
        line=line,
        element_id=process.id,
        element_name=process.name,
    )
