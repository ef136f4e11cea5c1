"""What the kinds of history entries say to a reader, in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from engine.feel.zones import Local

Data = dict[str, Any]

MAIN = frozenset(
    {
        "instance.started",
        "instance.completed",
        "instance.terminated",
        "instance.failed",
        "task.created",
        "task.claimed",
        "task.released",
        "task.assigned",
        "task.completed",
        "task.asked",
        "task.denied",
        "task.updated",
        "status.changed",
        "timer.fired",
        "message.received",
        "signal.received",
        "decision.evaluated",
        "incident.raised",
        "incident.resolved",
        "job.completed",
        "data.revealed",
        "clock.paused",
        "clock.resumed",
        "clock.agreed",
        "clock.changed",
        "clock.recomputed",
        "case.opened",
        "case.changed",
        "case.linked",
        "case.link-unknown",
        "case.unlinked",
        "case.merged",
        "case.received",
        "case.unmerged",
        "case.received-back",
        "case.marked",
        "case.mark-refused",
        "customer.remarked",
        "mail.answered",
        "file.attached",
        "file.read",
        "text.delivered",
        "text.failed",
        "text.answered",
        "knowledge.used",
        "knowledge.unused",
        "knowledge.written",
        "assessment.given",
        "assessment.refused",
        "assessment.appealed",
        "assessment.decided",
    }
)
"""The kinds a clerk wants to see; all others are detail."""


def sentence(kind: str, name: str, data: Data) -> str:
    """A sentence about an entry; ``name`` is the element's. Unknown kinds give their name."""
    make = _SENTENCES.get(kind)
    return make(name, data) if make else str(data.get("text", kind))


def _created(name: str, data: Data) -> str:
    if data.get("assignee"):
        return f"产生任务“{name}”，交给 {data['assignee']}"
    groups = "、".join(data.get("groups", ()))
    return f"产生任务“{name}”" + (f"，等待 {groups} 领取" if groups else "")


def _assigned(name: str, data: Data) -> str:
    before = f"（原在 {data['before']}）" if data.get("before") else ""
    return f"把任务“{name}”指派给 {data.get('assignee')}{before}"


def _asked(data: Data) -> str:
    return {"assigning": "指派", "updating": "更改"}.get(data.get("event", ""), "提交")


def _failed(name: str, data: Data) -> str:
    left = data.get("retries")
    return f"作业“{data.get('type')}”失败：{data.get('message')}" + (
        f"（还会重试 {left} 次）" if left else ""
    )


def _variables(_name: str, data: Data) -> str:
    return "更新了数据：" + "、".join(data.get("values", {}))


def _terminated(name: str, data: Data) -> str:
    return f"流程“{name}”被终止" + (f"：{data['reason']}" if data.get("reason") else "")


def _decided(name: str, data: Data) -> str:
    record = data.get("record", {})
    rules = "、".join(f"第 {rule.get('index')} 条" for rule in record.get("rules", ()))
    title = record.get("name") or data.get("decision")
    return f"按决策表“{title}”判定" + (f"，命中{rules}规则" if rules else "")


def _assessed(_name: str, data: Data) -> str:
    said = {"error": "记录差错", "attitude": "服务态度，一票否决"}.get(str(data.get("kind")))
    whom = "、".join(str(data[key]) for key in ("role", "person") if data.get(key))
    why = "、".join(data.get("reasons", ()))
    return f"考核 {whom}：{said or str(data.get('score')) + ' 分'}" + (f"（{why}）" if why else "")


_LINKS = {
    ("duplicate", True): "本件并入 {}", ("duplicate", False): "{} 并入本件",
    ("repeat", True): "本件是 {} 的重复投诉", ("repeat", False): "客户就本件再次投诉：{}",
    ("part", True): "本件属于 {}", ("part", False): "{} 归入本件",
    ("related", True): "与 {} 相关", ("related", False): "与 {} 相关",
}


def _linked(_name: str, data: Data) -> str:
    said = _LINKS.get((str(data.get("link")), data.get("out") is True), "与 {} 关联")
    return said.format(data.get("other")) + _because(data)


def _unlinked(_name: str, data: Data) -> str:
    said = _LINKS.get((str(data.get("link")), data.get("out") is True), "与 {} 关联")
    return f"解除关联：{said.format(data.get('other'))}"


def _because(data: Data) -> str:
    return f"：{data['why']}" if data.get("why") else ""


def _clock(verb: str) -> Callable[[str, Data], str]:
    """A sentence about a clock: what happened to it and when it is due."""

    def tell(_name: str, data: Data) -> str:
        whose = f"（{data['of']}）" if data.get("of") else ""
        due = f"，应于 {_at(data['due_at'])} 前" if data.get("due_at") else ""
        why = f"：{data['why']}" if data.get("why") else ""
        return f"“{data.get('clock')}”时钟{whose}{verb}{due}{why}"

    return tell


def _met(name: str, data: Data) -> str:
    return _clock("停止，已超时" if data.get("late") else "停止，未超时")(name, data)


def _agreed(_name: str, data: Data) -> str:
    consent = data.get("consent") or {}
    how = f"（{consent['how']}）" if consent.get("how") else ""
    return (
        f"与客户约定“{data.get('clock')}”改为 {_at(data.get('due_at'))}，"
        f"{consent.get('by', '客户')}{how}同意"
    )


def _at(moment: Any) -> str:
    try:
        local = datetime.fromisoformat(str(moment)).astimezone(Local.zone.tzinfo())
    except ValueError:
        return str(moment)
    return f"{local:%m-%d %H:%M}"


_SENTENCES: dict[str, Callable[[str, Data], str]] = {
    "instance.started": lambda name, data: f"流程“{data.get('process')}”开始",
    "instance.completed": lambda name, data: "流程结束",
    "instance.terminated": _terminated,
    "instance.failed": lambda name, data: f"流程因错误 {data.get('code', '')} 结束",
    "element.entered": lambda name, data: f"进入“{name}”",
    "element.completed": lambda name, data: f"离开“{name}”",
    "element.cancelled": lambda name, data: f"“{name}”被取消",
    "flows.taken": lambda name, data: "经过连线 " + "、".join(data.get("flows", ())),
    "task.created": _created,
    "task.claimed": lambda name, data: f"领取了任务“{name}”",
    "task.released": lambda name, data: f"退回了任务“{name}”",
    "task.assigned": _assigned,
    "task.opened": lambda name, data: f"开始办理“{name}”",
    "task.completed": lambda name, data: f"办结了任务“{name}”",
    "task.updated": lambda name, data: f"更改了任务“{name}”",
    "task.asked": lambda name, data: f"{_asked(data)}任务“{name}”，等待核对",
    "task.denied": lambda name, data: (
        f"{_asked(data)}任务“{name}”未通过核对：{data.get('reason') or '没有说明原因'}"
    ),
    "status.changed": lambda name, data: f"状态变为“{data.get('status')}”",
    "job.created": lambda name, data: f"产生作业“{data.get('type')}”",
    "job.completed": lambda name, data: f"“{name}”由系统完成",
    "job.failed": _failed,
    "job.denied": lambda name, data: f"“{name}”未通过检查：{data.get('reason') or '没有说明原因'}",
    "job.error": lambda name, data: f"作业“{data.get('type')}”报告错误 {data.get('code')}",
    "timer.set": lambda name, data: f"“{name}”定时 {data.get('due_at')}",
    "timer.fired": lambda name, data: f"“{name}”时间到",
    "message.received": lambda name, data: f"收到消息“{data.get('message')}”",
    "signal.received": lambda name, data: f"收到信号“{data.get('signal')}”",
    "signal.thrown": lambda name, data: f"发出信号“{data.get('signal')}”",
    "message.published": lambda name, data: f"发出消息“{data.get('message')}”",
    "escalation.thrown": lambda name, data: f"升级 {data.get('code') or ''}",
    "decision.evaluated": _decided,
    "variables.changed": _variables,
    "clock.started": _clock("开始"),
    "clock.met": _met,
    "clock.cancelled": _clock("取消"),
    "clock.paused": _clock("暂停"),
    "clock.resumed": _clock("恢复"),
    "clock.agreed": _agreed,
    "clock.changed": _clock("调整"),
    "clock.recomputed": _clock("按新版时限表重算"),
    "task.moved": lambda name, data: f"任务“{name}”的时限改为 {_at(data.get('due_at'))}",
    "knowledge.used": lambda name, data:
        f"参考了知识“{data.get('title')}”（第 {data.get('version')} 版）",
    "knowledge.written": lambda name, data: f"据本案写成知识“{data.get('title')}”",
    "knowledge.unused": lambda name, data: f"撤回对知识“{data.get('title')}”的参考",
    "instance.restarted": lambda name, data: "流程重新开始",
    "case.linked": _linked,
    "case.unlinked": _unlinked,
    "case.link-unknown": lambda name, data:
        "没有找到要关联的案件：" + "、".join(data.get("numbers", ())),
    "case.merged": lambda name, data: f"并入 {data.get('number')}{_because(data)}",
    "case.received": lambda name, data: f"{data.get('number')} 并入本件{_because(data)}",
    "case.unmerged": lambda name, data:
        f"撤销并单，不再并入 {data.get('number')}{_because(data)}",
    "case.received-back": lambda name, data: f"{data.get('number')} 的并单已撤销{_because(data)}",
    "case.marked": lambda name, data:
        f"客户标记为 {'、'.join(data.get('marks', ()))}{_because(data)}",
    "case.mark-refused": lambda name, data: f"没有设置客户标记：{data.get('zh')}",
    "mail.answered": lambda name, data: f"{data.get('from')} 用邮件反馈了处理结果",
    "file.attached": lambda name, data: f"附上文件“{data.get('name')}”",
    "file.read": lambda name, data: f"下载了附件“{data.get('name')}”",
    "text.delivered": lambda name, data: f"短信已送达 {data.get('number')}",
    "text.failed": lambda name, data: (
        f"短信没有送达 {data.get('number')}：{data.get('reason') or '网关没有说明原因'}"
    ),
    "text.answered": lambda name, data: f"客户回复短信：{data.get('text')}",
    "customer.remarked": lambda name, data: f"客户补充说明：{data.get('text')}",
    "assessment.given": _assessed,
    "assessment.refused": lambda name, data: f"没有登记考核：{data.get('zh')}",
    "assessment.appealed": lambda name, data:
        f"对“{data.get('role')}”的考核提出申诉{_because(data)}",
    "assessment.decided": lambda name, data:
        f"考核申诉{'维持原评' if data.get('stands') else '成立，撤销考核'}{_because(data)}",
    "incident.raised": lambda name, data: f"“{name}”出现异常：{data.get('zh')}",
    "incident.resolved": lambda name, data: f"“{name}”的异常已处理",
}
