"""The sentence that says why a limit ends where it ends, in Chinese and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from engine.calendar import Calendar
from engine.clocks.clock import Change, Clock
from engine.clocks.explaining import FIRST, Explanation, Span, explain

_MOST_NAMED = 6
_VERBS = frozenset({
    "派单", "受理", "预处理", "处理", "办理", "回复", "答复", "回访", "复核", "审批", "督办",
    "联系", "整改", "认定", "申诉", "反馈", "结案", "归档",
})
_PHRASES = {"监管": "答复监管部门"}
_BASES = {
    "working": ("工作时间", "of working time"), "natural": ("", ""),
    "days": ("", ""), "fixed": ("", ""),
}


def sentence(
    calendar: Calendar, clock: Clock, names: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """The sentence (zh, en) about an open or ended clock; ``names``: login → name."""
    due = clock.due_at.astimezone(calendar.zone)
    day = due.date()
    at = _clock_time(due, None)
    phrase = _PHRASES.get(clock.name, f"完成“{clock.name}”")
    what = clock.name if clock.name in _VERBS else phrase
    owner = f"（{clock.subject}）" if clock.subject else ""
    if clock.started_at.astimezone(calendar.zone).date() == day:
        at = _clock_time(due, day)
    zh, en = _why(calendar, clock, names or {})
    rule_zh, rule_en = _rule(clock)
    said = f"应于 {at} 前{what}{owner}：{zh}{rule_zh}。"
    said_en = f"due {_english(due, day if ' ' not in at else None)}: {en}{rule_en}."
    if clock.state != "paused":
        return said, f"{clock.name} {said_en}"
    since = clock.pauses[-1].since.astimezone(calendar.zone)
    return (
        f"{_clock_time(since, None)} 起暂停，恢复后顺延；不计这次暂停，{said}",
        f"{clock.name} paused since {_english(since, None)}; but for this pause {said_en}",
    )


def amount(clock: Clock, length: timedelta) -> tuple[str, str]:
    """A length as people say it, in the unit in which the limit is written."""
    if clock.basis == "days":
        return f"{length.days} 个工作日", _count(length.days, "working day")
    minutes = length.total_seconds() / 60
    if clock.basis == "natural" and "D" in clock.span and minutes % (24 * 60) == 0:
        return f"{length.days} 天", _count(length.days, "day")
    if "H" in clock.span or "D" in clock.span or minutes >= 24 * 60:
        hours = f"{minutes / 60:g}" if minutes % 6 == 0 else f"{minutes / 60:.1f}"
        return f"{hours} 小时", f"{hours} h"
    return f"{minutes:.0f} 分钟", f"{minutes:.0f} min"


def _why(calendar: Calendar, clock: Clock, names: Mapping[str, str]) -> tuple[str, str]:
    change = clock.set_by
    if change is not None:
        return _set(calendar, clock, change, names)
    if clock.basis == "fixed" or not clock.span:
        return _by_process(calendar, clock)
    zh, en = _spanned(calendar, clock, explain(calendar, clock))
    if clock.agreed is None:
        return zh, en
    said_zh, said_en = _consent(calendar, clock.agreed, names)
    return f"{zh}，{said_zh}", f"{en}, {said_en}"


def _by_process(calendar: Calendar, clock: Clock) -> tuple[str, str]:
    """Of a moment that the process gave, and if it was decided anew: when, why, what it was."""
    if not _decided_anew(clock):
        return "由流程指定", "set by the process"
    change = clock.changes[-1]
    at, before = (one.astimezone(calendar.zone) for one in (change.at, change.before))
    why_zh, why_en = (f"，{change.why}", f", {change.why}") if change.why else ("", "")
    return (
        f"{_clock_time(at, None)} 重定{why_zh}；原应于 {_clock_time(before, None)}",
        f"decided anew at {_english(at, None)}{why_en}; it was due {_english(before, None)}",
    )


def _decided_anew(clock: Clock) -> bool:
    return bool(clock.changes) and clock.changes[-1].kind == "again"


def _spanned(
    calendar: Calendar, clock: Clock, explained: Explanation
) -> tuple[str, str]:
    zone = calendar.zone
    start, due = clock.started_at.astimezone(zone), clock.due_at.astimezone(zone)
    day = due.date() if start.date() == due.date() else None
    much_zh, much_en = amount(clock, explained.amount or timedelta(0))
    basis_zh, basis_en = _BASES[clock.basis]
    since_zh, since_en = _clock_time(start, day), _english(start, day)
    if clock.basis == "days":
        head = f"自 {since_zh} 起第 {(explained.amount or timedelta(0)).days} 个工作日下班前"
        head_en = f"the end of the {much_en} from {since_en}"
    else:
        head = f"自 {since_zh} 起 {much_zh}{basis_zh or '（自然时间）'}"
        head_en = f"{much_en} {basis_en or 'by the clock'} from {since_en}"
    out_zh, out_en = _excluded([one for one in explained.spans if one.kind != "counted"], day)
    if out_zh:
        head += f"，{out_zh} 不计"
        head_en += f", {out_en} not counted"
    return head, head_en


def _set(
    calendar: Calendar, clock: Clock, change: Change, names: Mapping[str, str]
) -> tuple[str, str]:
    zone = calendar.zone
    at = _clock_time(change.at.astimezone(zone), None)
    at_en = _english(change.at.astimezone(zone), None)
    who = names.get(change.by, change.by)
    before = change.before.astimezone(zone)
    agreed = clock.agreed
    if change.kind == "agreed" or (change.kind == "resumed" and agreed is not None):
        zh, en = _consent(calendar, agreed or change, names)
    elif change.kind == "changed":
        zh = f"{who}于 {at} 调整，理由：{change.why}"
        en = f"changed by {who} at {at_en}: {change.why}"
    else:
        zh, en = f"流程在 {at} 恢复时定为此时", f"set by the process on going on at {at_en}"
    moved = _later_pauses(clock, change)
    if moved:
        much = sum(moved, timedelta(0))
        zh += f"，此后挂起 {len(moved)} 次共 {_length(much)}，已顺延"
        en += f", then {_count(len(moved), 'pause')}"
    return (
        f"{zh}；原应于 {_clock_time(before, None)}",
        f"{en}; it was due {_english(before, None)}",
    )


def _consent(
    calendar: Calendar, change: Change, names: Mapping[str, str]
) -> tuple[str, str]:
    said = change.consent or {}
    who, how = str(said.get("by") or "客户"), str(said.get("how") or "")
    at = said.get("at")
    moment = datetime.fromisoformat(at) if isinstance(at, str) and "T" in at else change.at
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=calendar.zone)).astimezone(
        calendar.zone)
    noted = names.get(change.by, change.by)
    channel = f"（{how}）" if how else ""
    return (
        f"{_clock_time(moment, None)} {who}{channel}同意，{noted}登记",
        f"agreed by {who} at {_english(moment, None)}{f' by {how}' if how else ''}, "
        f"noted by {noted}",
    )


def _later_pauses(clock: Clock, change: Change) -> list[timedelta]:
    return [
        one.until - one.since for one in clock.pauses
        if one.until is not None and one.since >= change.at and one.since < clock.due_at
    ]


def _excluded(spans: list[Span], day: object) -> tuple[str, str]:
    """What was not counted: each by its time, or where there are many each kind by its number."""
    named = [one for one in spans if one.reasons]
    if len(named) <= _MOST_NAMED:
        zh = [f"{_reason(one)[0]} {_period(one, day)}" for one in named]
        en = [f"{_reason(one)[1]} {_period(one, day, english=True)}" for one in named]
        return _listed(zh, en)
    kinds = Counter(_reason(one) for one in named)
    return _listed(
        [f"{zh} {count} 段" for (zh, _), count in kinds.items()],
        [f"{en} ({count} times)" for (_, en), count in kinds.items()],
    )


def _listed(zh: list[str], en: list[str]) -> tuple[str, str]:
    if not zh:
        return "", ""
    chinese = "、".join(zh[:-1]) + f" 与{zh[-1]}" if len(zh) > 1 else zh[0]
    english = ", ".join(en[:-1]) + f" and {en[-1]}" if len(en) > 1 else en[0]
    return chinese, english


def _reason(span: Span) -> tuple[str, str]:
    """The most telling reason: a holiday or weekend, else what it is."""
    return (
        "、".join(zh for zh, _ in span.reasons), " and ".join(en for _, en in span.reasons)
    )


def _period(span: Span, day: object, *, english: bool = False) -> str:
    if span.start.time() == span.end.time() == time(0) or span.reasons == (FIRST,):
        return _days(span, english)
    write = _english if english else _clock_time
    known = span.start.date() if span.start.date() == span.end.date() else None
    start = write(span.start, day if span.start.date() == day else None)
    end = write(span.end, day if span.end.date() == day else known)
    return f"{start}–{end}"


def _days(span: Span, english: bool) -> str:
    """Whole days, the last included."""
    first, last = span.start.date(), (span.end - timedelta(microseconds=1)).date()
    if english:
        return f"{first}" if first == last else f"{first}–{last}"
    start = f"{first.month}月{first.day}日"
    if first == last:
        return start
    return f"{start}–{last.day}日" if first.month == last.month else (
        f"{start}–{last.month}月{last.day}日")


def _rule(clock: Clock) -> tuple[str, str]:
    rule = clock.rule
    said = clock.set_by is None and clock.basis == "fixed" and not _decided_anew(clock)
    if not rule.decision or said:
        return "", ""
    name = rule.name or rule.decision
    if not rule.index:
        return f"；{name}，版本 {rule.version}", f"; {name}, version {rule.version}"
    return (
        f"；{name}第 {rule.index} 条，版本 {rule.version}",
        f"; rule {rule.index} of {name}, version {rule.version}",
    )


def _clock_time(moment: datetime, day: object) -> str:
    if moment.date() == day:
        return f"{moment:%H:%M}"
    return f"{moment.month}月{moment.day}日 {moment:%H:%M}"


def _english(moment: datetime, day: object) -> str:
    return f"{moment:%H:%M}" if moment.date() == day else f"{moment:%Y-%m-%d %H:%M}"


def _length(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{minutes} 分钟" if minutes < 120 else f"{minutes / 60:.1f} 小时"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
