"""Makes the node of each element and compiles its texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn import attributes as a
from engine.bpmn.diagram import Element, Flow, ProcessInfo, may_be_chosen
from engine.bpmn.adhoc import AdHocSubProcess, EventInside, InnerInstance, Watch
from engine.bpmn.choices import described
from engine.bpmn.build_events import event_node, message_trigger, publish_node
from engine.bpmn.ears import Ear, Threshold
from engine.bpmn.clocks import clocks_of
from engine.bpmn.conventions import conventions_of
from engine.bpmn.events import CatchEvent
from engine.bpmn.expressions import Text, known_functions
from engine.bpmn.gateways import (
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
)
from engine.bpmn.listening import ListenerJob
from engine.bpmn.loops import StandardLoop
from engine.bpmn.multi_instance import MultiInstance, plain_name
from engine.bpmn.nodes import Node
from engine.bpmn.parse import BpmnInvalid
from engine.bpmn.subprocess import CallActivity, SubProcess
from engine.bpmn.tasks import BusinessRuleTask, JobTask, PassTask, ScriptTask
from engine.bpmn.user_tasks import UserTask
from engine.feel import FeelSyntaxError, Function
from engine.model import Finding

_GATEWAYS: dict[str, type[Node]] = {
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": EventBasedGateway,
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
        self._around: dict[str, AdHocSubProcess] = {}
        """The ad-hoc sub-processes built so far: outer scopes are built before inner ones."""

    def node(self, spec: Any, element: Element) -> Node:
        """The node of an element; for a multi-instance activity its body, with the inner
        activity beside it in the specification."""
        if element.loop is None and element.repeat is None:
            node = self._plain(spec, element, element.id)
            self._own(spec, node, element)
            return node
        inner = self._plain(spec, element, f"{element.id}#each")
        self._own(spec, inner, element)
        body = self._body(spec, element)
        body.inner, inner.body = inner, body
        return body

    def _own(self, spec: Any, node: Node, element: Element) -> None:
        self._mappings(node, element)
        node.clocks = clocks_of(element, lambda *what: self.text(element, *what))
        node.conventions = conventions_of(element, lambda *what: self.text(element, *what))
        if not element.listeners:
            return
        node.ear = Ear(spec, f"{node.name}#ear", element)
        node.hears = self._heard(element)

    def _heard(self, element: Element) -> dict[str, list[ListenerJob]]:
        found: dict[str, list[ListenerJob]] = {}
        for one in element.listeners:
            kind = self.text(element, one.job.type, "监听器的作业类型", "listener's job type")
            retries = self.text(element, one.job.retries, "监听器的重试次数", "listener's retries")
            job = ListenerJob(kind, retries, one.job.headers)
            found.setdefault(one.event, []).append(job)
        return found

    def threshold(self, spec: Any) -> Threshold | None:
        """The node of the process's own listeners, if it has some."""
        if not self.process.listeners:
            return None
        node = Threshold(spec, "#process", self.process.itself)
        node.asked = self._heard(self.process.itself)
        return node

    def _body(self, spec: Any, element: Element) -> MultiInstance:
        if element.loop is not None:
            body = MultiInstance(spec, element.id, element)
            self._loop(body, element, element.loop)
            return body
        repeat = element.repeat or a.Repeat(None)
        loop = StandardLoop(spec, element.id, element)
        loop.sequential, loop.test_before = True, repeat.test_before
        loop.condition = self.maybe(element, repeat.condition, "循环条件", "loop condition")
        loop.maximum = self.maybe(element, repeat.maximum, "循环上限", "loop maximum")
        return loop

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
            return event_node(self, spec, element, name)
        if element.type in ("subProcess", "transaction"):
            return self._sub_process(spec, element, name)
        if element.type == "adHocSubProcess":
            return self._ad_hoc(spec, element, name)
        if element.type == "callActivity":
            return self._call(spec, element, name)
        return self._task(spec, element, name)

    def _task(self, spec: Any, element: Element, name: str) -> Node:
        if element.type == "userTask":
            return self._user_task(spec, element, name)
        if element.job is not None:
            return self.job(spec, element, element.job, name)
        if element.type == "scriptTask" and element.script is not None:
            script = ScriptTask(spec, name, element)
            script.expression = self.text(element, element.script.expression, "脚本", "script")
            script.variable = element.script.result
            return script
        if element.type == "businessRuleTask" and element.reference is not None:
            return self._rule(spec, element, element.reference, name)
        if element.type == "receiveTask" and element.event is not None:
            return CatchEvent(spec, name, element, message_trigger(self, element, element.event))
        if element.type == "sendTask":
            return publish_node(self, spec, element, name)
        return PassTask(spec, name, element)

    def _user_task(self, spec: Any, element: Element, name: str) -> UserTask:
        node = UserTask(spec, name, element)
        user = element.user or a.UserTaskDefinition()
        node.assignee = self.maybe(element, user.assignee, "办理人", "assignee")
        node.candidate_users = self.maybe(
            element, user.candidate_users, "候选人", "candidate users"
        )
        node.candidate_groups = self.maybe(
            element, user.candidate_groups, "候选组", "candidate groups"
        )
        node.due = self.maybe(element, user.due, "到期时间", "due date")
        node.follow_up = self.maybe(element, user.follow_up, "跟进时间", "follow-up date")
        node.priority = self.maybe(element, user.priority, "优先级", "priority")
        node.form_id = self.maybe(element, user.form_id, "表单", "form")
        node.form_binding = user.form_binding
        return node

    def job(self, spec: Any, element: Element, job: a.JobDefinition, name: str) -> JobTask:
        """The node of an element that a worker does."""
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

    def _ad_hoc(self, spec: Any, element: Element, name: str) -> AdHocSubProcess:
        node = AdHocSubProcess(spec, name, element)
        said = element.ad_hoc or a.AdHoc()
        node.active = self.maybe(element, said.active, "激活的元素", "active elements")
        node.condition = self.maybe(
            element, said.completion_condition, "完成条件", "completion condition"
        )
        node.cancel_remaining = said.cancel_remaining
        node.output_collection = said.output_collection
        node.output = self.maybe(element, said.output_element, "输出元素", "output element")
        node.output_variable = plain_name(said.output_element or "")
        chosen = [one for one in self.process.children(element.id) if may_be_chosen(one)]
        node.elements = frozenset(one.id for one in chosen)
        node.listed = described(chosen, self.functions)
        node.sequential = said.sequential
        if element.job is not None:
            node.job = self.job(spec, element, element.job, f"{name}#job")
        node.inner = InnerInstance(spec, f"{name}#inner", element)
        node.inner.body = node
        node.watch = Watch(spec, f"{name}#watch", element)
        node.watch.body = node
        self._around[element.id] = node
        return node

    def _sub_process(self, spec: Any, element: Element, name: str) -> SubProcess:
        around = self._around.get(element.parent or "") if element.event_sub_process else None
        if around is None:
            return SubProcess(spec, name, element)
        node = EventInside(spec, name, element)
        node.around = around
        return node

    def _loop(self, body: MultiInstance, element: Element, loop: a.Loop) -> None:
        body.sequential = loop.sequential
        body.collection = self.maybe(
            element, loop.input_collection, "多实例集合", "input collection"
        )
        body.cardinality = self.maybe(element, loop.cardinality, "实例数量", "loop cardinality")
        body.item = loop.input_element
        body.output_collection = loop.output_collection
        body.output = self.maybe(element, loop.output_element, "多实例输出", "output element")
        body.output_variable = plain_name(loop.output_element or "")
        body.condition = self.maybe(
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

    def maybe(self, element: Element, source: str | None, zh: str, en: str) -> Text | None:
        """``text``, or None for a text that is not given."""
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
