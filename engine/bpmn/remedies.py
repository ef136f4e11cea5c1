"""What to draw instead of what is refused."""

from __future__ import annotations

_ELSEWHERE: dict[str, tuple[str, str]] = {
    "complexGateway": (
        "请改用包容网关或并行网关。",
        "Use an inclusive or a parallel gateway instead.",
    ),
    "multiple": (
        "一个事件只画一个事件定义；需要多个时画多个事件。",
        "Give the event one definition; draw several events where several are needed.",
    ),
    "formKey": (
        "办理人员在这里打不开它，无处填写。请改用表单标识（Camunda 表单，链接）；"
        "写在流程里的表单请另存为 .form 文件。",
        "Nobody could fill it in here. Use a form id (Camunda form, linked); save a form that is "
        "written inside the diagram as a .form file.",
    ),
    "externalReference": (
        "办理人员在这里打不开它，无处填写。请改用表单标识（Camunda 表单，链接）。",
        "Nobody could fill it in here. Use a form id (Camunda form, linked).",
    ),
    "zeebe:linkedResources": (
        "这里没有可以链接的机器人脚本等资源。请删除它，并用 zeebe:taskHeaders "
        "告诉外部工作者要做什么。",
        "There are no such resources (robots' scripts) to link here. Delete it and tell the worker "
        "by zeebe:taskHeaders what to do.",
    ),
    "listener of start": (
        "开始事件请改用流程或子流程的 start 监听器；边界事件请改用所附活动的 start 监听器。",
        "Use a start listener of the process or sub-process for a start event, of the activity "
        "for a boundary event.",
    ),
    "listener of cancel": (
        "取消流程实例时，请用用户任务的 canceling 监听器，或画一个事件子流程。",
        "Use canceling listeners of its user tasks, or draw an event sub-process.",
    ),
    "listener of beforeAll": (
        "请在多实例活动之前画一个服务任务来准备集合。",
        "Draw a service task before the multi-instance activity that prepares its collection.",
    ),
    "listener": (
        "执行监听器用 start 或 end；用户任务监听器用 creating、assigning、updating、completing "
        "或 canceling；其余请画一个服务任务。",
        "Use start or end for execution listeners; creating, assigning, updating, completing or "
        "canceling for those of user tasks; draw a service task for the rest.",
    ),
    "instantiate": ("请改用消息开始事件。", "Use a message start event instead."),
    "eventGatewayType": (
        "请用并行网关引出几个捕获事件，再汇合。",
        "Fork with a parallel gateway to the events and join them.",
    ),
    "loopCardinality": (
        "输入集合和实例数量只填一个。",
        "Give an input collection or a cardinality, not both.",
    ),
    "startEvent with error": (
        "错误开始事件只能画在事件子流程中。",
        "Draw the error start event in an event sub-process.",
    ),
    "startEvent with escalation": (
        "升级开始事件只能画在事件子流程中。",
        "Draw the escalation start event in an event sub-process.",
    ),
    "startEvent with compensate": (
        "补偿开始事件只能画在子流程内的事件子流程中。",
        "Draw the compensation start event in an event sub-process inside a sub-process.",
    ),
    "startEvent in a sub-process": (
        "子流程用空白开始事件；由事件触发的请改成事件子流程。",
        "Begin a sub-process with a plain start event; make it an event sub-process if an event "
        "shall trigger it.",
    ),
    "start of an event sub-process": (
        "事件子流程的开始事件选定时器、消息、信号、错误、升级、条件或补偿。",
        "Begin an event sub-process with a timer, message, signal, error, escalation, condition "
        "or compensation.",
    ),
}
_OTHER = (
    "请删除它，或换成受支持的元素（见 docs/bpmn.md）。",
    "Delete it or use a supported element (see docs/bpmn.md).",
)


def remedy(*what: str) -> tuple[str, str]:
    """The remedy of the first of these that has one, as (zh, en)."""
    return next((_ELSEWHERE[one] for one in what if one in _ELSEWHERE), _OTHER)
