"""Makes the nodes of events and their triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import attributes as a
from engine.bpmn.diagram import Element
from engine.bpmn.events import (
    BoundaryEvent,
    BroadcastEvent,
    CatchEvent,
    LinkThrowEvent,
    PublishEvent,
    TerminateEndEvent,
    ThrowEvent,
)
from engine.bpmn.eventsubs import ScopeEvent
from engine.bpmn.nodes import Node
from engine.bpmn.subprocess import StartEvent
from engine.bpmn.throwing import ErrorEndEvent, EscalationEvent, ThrowsCode
from engine.bpmn.triggers import (
    ConditionTrigger,
    MessageTrigger,
    SignalTrigger,
    TimerTrigger,
    Trigger,
)
from engine.bpmn.undoing import CancelEndEvent, CompensationEvent, Undoing

if TYPE_CHECKING:
    from engine.bpmn.build import Builder

ARMED = frozenset({"timer", "message", "signal", "conditional"})
"""Events that wait as tasks; the others are looked up when something is thrown."""
_THROWN: dict[str, type[Node]] = {
    "none": ThrowEvent,
    "error": ErrorEndEvent,
    "escalation": EscalationEvent,
    "terminate": TerminateEndEvent,
    "link": LinkThrowEvent,
    "compensate": CompensationEvent,
    "cancel": CancelEndEvent,
}


def event_node(builder: Builder, spec: Any, element: Element, name: str) -> Node:
    """The node of an event."""
    event = element.event or a.EventDefinition()
    if element.type == "startEvent":
        start = StartEvent(spec, name, element)
        start.condition = builder.maybe(element, event.condition, "条件", "condition")
        return start
    if element.type == "intermediateCatchEvent" and event.kind == "link":
        return ThrowEvent(spec, name, element)
    if element.type == "intermediateCatchEvent":
        return CatchEvent(spec, name, element, _trigger(builder, element, event))
    if element.type == "boundaryEvent":
        return BoundaryEvent(spec, name, element, _armed(builder, element, event))
    if element.job is not None:
        return builder.job(spec, element, element.job, name)
    if event.kind == "message":
        return publish_node(builder, spec, element, name)
    if event.kind == "signal":
        node = BroadcastEvent(spec, name, element)
        node.signal = builder.text(element, event.name or "", "信号名称", "signal name")
        return node
    return _thrown(builder, spec, element, event, name)


def scope_event(builder: Builder, spec: Any, start: Element) -> ScopeEvent:
    """The start event of an event sub-process, as its scope listens to it."""
    event = start.event or a.EventDefinition()
    trigger = _armed(builder, start, event)
    return ScopeEvent(spec, f"{start.id}#scope", start, trigger)


def message_trigger(builder: Builder, element: Element, event: a.EventDefinition) -> MessageTrigger:
    """What waits for the message of an element."""
    return MessageTrigger(
        builder.text(element, event.name or "", "消息名称", "message name"),
        builder.text(element, event.correlation_key or "", "关联键", "correlation key"),
    )


def publish_node(builder: Builder, spec: Any, element: Element, name: str) -> PublishEvent:
    """A throw event, end event or send task that publishes its message itself."""
    event = element.event or a.EventDefinition("message")
    node = PublishEvent(spec, name, element)
    key = element.properties.get("message.correlationKey") or event.correlation_key or ""
    node.message = builder.text(element, event.name or "", "消息名称", "message name")
    node.key = builder.text(element, key, "关联键", "correlation key")
    node.time_to_live = builder.maybe(
        element, element.properties.get("message.timeToLive"), "消息有效期", "time to live"
    )
    return node


def _thrown(
    builder: Builder, spec: Any, element: Element, event: a.EventDefinition, name: str
) -> Node:
    node = _THROWN[event.kind](spec, name, element)
    if isinstance(node, ThrowsCode):
        node.code_text = builder.text(element, event.code or "", "代码", "code")
    elif isinstance(node, CompensationEvent):
        node.activity = event.activity
        if not event.waits:
            node.instead = Undoing(spec, f"{name}#undoing", element)
    return node


def _armed(builder: Builder, element: Element, event: a.EventDefinition) -> Trigger | None:
    return _trigger(builder, element, event) if event.kind in ARMED else None


def _trigger(builder: Builder, element: Element, event: a.EventDefinition) -> Trigger:
    if event.kind == "signal":
        return SignalTrigger(builder.text(element, event.name or "", "信号名称", "signal name"))
    if event.kind == "conditional":
        condition = builder.text(element, event.condition or "", "条件", "condition")
        return ConditionTrigger(condition, event.watched)
    if event.timer is None:
        return message_trigger(builder, element, event)
    kind, source = event.timer
    fits = element.properties.get("timer.condition")
    return TimerTrigger(
        kind,
        builder.text(element, source, "定时器", "timer"),
        builder.maybe(element, fits, "定时条件", "condition of the timer"),
    )
