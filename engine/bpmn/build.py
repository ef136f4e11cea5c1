"""Makes the node of each element and compiles its texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn import attributes as a
from engine.bpmn.diagram import Element, Flow, ProcessInfo
from engine.bpmn.events import (
    BoundaryEvent,
    CatchEvent,
    PublishEvent,
    StartEvent,
    TerminateEndEvent,
    ThrowEvent,
)
from engine.bpmn.expressions import Text, known_functions
from engine.bpmn.gateways import (
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
)
from engine.bpmn.multi_instance import MultiInstance, plain_name
from engine.bpmn.nodes import Node
from engine.bpmn.parse import BpmnInvalid
from engine.bpmn.subprocess import CallActivity, SubProcess
from engine.bpmn.tasks import BusinessRuleTask, JobTask, PassTask, ReceiveTask, ScriptTask, UserTask
from engine.bpmn.throwing import ErrorEndEvent, EscalationEvent, ThrowsCode
from engine.bpmn.triggers import MessageTrigger, TimerTrigger, Trigger
from engine.feel import FeelSyntaxError, Function
from engine.model import Finding

_GATEWAYS: dict[str, type[Node]] = {
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": EventBasedGateway,
}
_ENDS: dict[str, type[Node]] = {
    "none": ThrowEvent,
    "error": ErrorEndEvent,
    "escalation": EscalationEvent,
    "terminate": TerminateEndEvent,
}


class Builder:
    """Builds the nodes of one process. Every method raises BpmnInvalid for a text that is no
    FEEL, with the element it stands in."""

    def __init__(
        self, filename: str, process: ProcessInfo, functions: Mapping[str, Function]
    ) -> None:
        self.filename = filename
        self.process = process
        self.functions = known_functions(functions)

    def node(self, spec: Any, element: Element) -> Node:
        """The node of an element; for a multi-instance activity its body, with the inner
        activity beside it in the specification."""
        if element.loop is None:
            node = self._plain(spec, element, element.id)
            self._mappings(node, element)
            return node
        inner = self._plain(spec, element, f"{element.id}#each")
        self._mappings(inner, element)
        body = MultiInstance(spec, element.id, element)
        body.inner, inner.body = inner, body
        self._loop(body, element, element.loop)
        return body

    def condition(self, flow: Flow) -> Text | None:
        """The compiled condition of a sequence flow."""
        if flow.condition is None:
            return None
        name = flow.name or flow.id
        what = (f"连线“{name}”的条件", f"the condition of flow “{name}”")
        return self._compile(flow.condition, what, flow.id, flow.name, flow.line)

    def _plain(self, spec: Any, element: Element, name: str) -> Node:
        gateway = _GATEWAYS.get(element.type)
        if gateway is not None:
            return gateway(spec, name, element)
        if element.type.endswith("Event"):
            return self._event(spec, element, name)
        if element.type == "subProcess":
            return SubProcess(spec, name, element)
        if element.type == "callActivity":
            return self._call(spec, element, name)
        return self._task(spec, element, name)

    def _task(self, spec: Any, element: Element, name: str) -> Node:
        if element.type == "userTask":
            return self._user_task(spec, element, name)
        if element.job is not None:
            return self._job(spec, element, element.job, name)
        if element.type == "scriptTask" and element.script is not None:
            script = ScriptTask(spec, name, element)
            script.expression = self.text(element, element.script.expression, "脚本", "script")
            script.variable = element.script.result
            return script
        if element.type == "businessRuleTask" and element.reference is not None:
            return self._rule(spec, element, element.reference, name)
        if element.type == "receiveTask" and element.event is not None:
            return ReceiveTask(spec, name, element, self._message(element, element.event))
        if element.type == "sendTask":
            return self._publish(spec, element, name)
        return PassTask(spec, name, element)

    def _event(self, spec: Any, element: Element, name: str) -> Node:
        event = element.event or a.EventDefinition()
        if element.type == "startEvent":
            return StartEvent(spec, name, element)
        if element.type == "intermediateCatchEvent":
            return CatchEvent(spec, name, element, self._trigger(element, event))
        if element.type == "boundaryEvent":
            armed = event.kind in ("timer", "message")
            trigger = self._trigger(element, event) if armed else None
            return BoundaryEvent(spec, name, element, trigger)
        if element.job is not None:
            return self._job(spec, element, element.job, name)
        if event.kind == "message":
            return self._publish(spec, element, name)
        node = _ENDS[event.kind](spec, name, element)
        if isinstance(node, ThrowsCode):
            node.code_text = self.text(element, event.code or "", "代码", "code")
        return node

    def _trigger(self, element: Element, event: a.EventDefinition) -> Trigger:
        if event.timer is None:
            return self._message(element, event)
        kind, source = event.timer
        return TimerTrigger(kind, self.text(element, source, "定时器", "timer"))

    def _message(self, element: Element, event: a.EventDefinition) -> MessageTrigger:
        return MessageTrigger(
            self.text(element, event.name or "", "消息名称", "message name"),
            self.text(element, event.correlation_key or "", "关联键", "correlation key"),
        )

    def _publish(self, spec: Any, element: Element, name: str) -> PublishEvent:
        event = element.event or a.EventDefinition("message")
        node = PublishEvent(spec, name, element)
        key = element.properties.get("message.correlationKey") or event.correlation_key or ""
        node.message = self.text(element, event.name or "", "消息名称", "message name")
        node.key = self.text(element, key, "关联键", "correlation key")
        node.time_to_live = self._maybe(
            element, element.properties.get("message.timeToLive"), "消息有效期", "time to live"
        )
        return node

    def _user_task(self, spec: Any, element: Element, name: str) -> UserTask:
        node = UserTask(spec, name, element)
        user = element.user or a.UserTaskDefinition()
        node.assignee = self._maybe(element, user.assignee, "办理人", "assignee")
        node.candidate_users = self._maybe(
            element, user.candidate_users, "候选人", "candidate users"
        )
        node.candidate_groups = self._maybe(
            element, user.candidate_groups, "候选组", "candidate groups"
        )
        node.due = self._maybe(element, user.due, "到期时间", "due date")
        node.follow_up = self._maybe(element, user.follow_up, "跟进时间", "follow-up date")
        node.priority = self._maybe(element, user.priority, "优先级", "priority")
        node.form_id = self._maybe(element, user.form_id, "表单", "form")
        node.form_binding = user.form_binding
        return node

    def _job(self, spec: Any, element: Element, job: a.JobDefinition, name: str) -> JobTask:
        node = JobTask(spec, name, element)
        node.job_type = self.text(element, job.type, "作业类型", "job type")
        node.retries = self.text(element, job.retries, "重试次数", "retries")
        node.headers = job.headers
        return node

    def _rule(self, spec: Any, element: Element, ref: a.Reference, name: str) -> Node:
        node = BusinessRuleTask(spec, name, element)
        node.decision = self.text(element, ref.target, "决策标识", "decision id")
        node.binding = ref.binding
        node.variable = ref.result or ref.target
        return node

    def _call(self, spec: Any, element: Element, name: str) -> CallActivity:
        node = CallActivity(spec, name, element)
        ref = element.reference or a.Reference("")
        node.process = self.text(element, ref.target, "被调用流程", "called process")
        node.binding, node.all_parent, node.all_child = ref.binding, ref.all_parent, ref.all_child
        return node

    def _loop(self, body: MultiInstance, element: Element, loop: a.Loop) -> None:
        body.sequential = loop.sequential
        body.collection = self.text(
            element, loop.input_collection or "", "多实例集合", "input collection"
        )
        body.item = loop.input_element
        body.output_collection = loop.output_collection
        body.output = self._maybe(element, loop.output_element, "多实例输出", "output element")
        body.output_variable = plain_name(loop.output_element or "")
        body.condition = self._maybe(
            element, loop.completion_condition, "完成条件", "completion condition"
        )

    def _mappings(self, node: Node, element: Element) -> None:
        node.input_mappings = [
            (
                one.target,
                self.text(element, one.source, f"输入映射 {one.target}", f"input {one.target}"),
            )
            for one in element.inputs
        ]
        node.output_mappings = [
            (
                one.target,
                self.text(element, one.source, f"输出映射 {one.target}", f"output {one.target}"),
            )
            for one in element.outputs
        ]

    def _maybe(self, element: Element, source: str | None, zh: str, en: str) -> Text | None:
        return None if source is None or source == "" else self.text(element, source, zh, en)

    def text(self, element: Element, source: str, zh: str, en: str) -> Text:
        """Compile a text of an element; ``zh``/``en`` name its place."""
        name = element.name or element.id
        what = (f"“{name}”的{zh}", f"{en} of “{name}”")
        return self._compile(source, what, element.id, element.name, element.line)

    def _compile(
        self, source: str, what: tuple[str, str], element_id: str, name: str, line: int | None
    ) -> Text:
        try:
            return Text(source, self.functions, what)
        except FeelSyntaxError as error:
            raise BpmnInvalid(
                [
                    Finding(
                        "feel",
                        "error",
                        self.filename,
                        f"{what[0]}“{source}”不是正确的 FEEL：{error.zh}",
                        f"{what[1]} “{source}” is not FEEL: {error.en}",
                        line=line,
                        element_id=element_id,
                        element_name=name,
                    )
                ]
            ) from None
