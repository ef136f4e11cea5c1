"""Systems outside, one module each. A service task's job type picks the module."""

from __future__ import annotations

from importlib.metadata import entry_points

from adapters import mail, sms
from adapters.contract import Adapter, AdapterError, Imap, Request, Settings, Sms, Smtp

__all__ = [
    "Adapter", "AdapterError", "Imap", "Request", "Settings", "Sms", "Smtp", "registry",
    "third_parties",
]

registry: dict[str, Adapter] = {
    "mail.send": mail,
    "sms.send": sms,
}
"""Job type → module. docs/operate.md describes the settings of each."""


def third_parties() -> tuple[dict[str, Adapter], list[str]]:
    """Adapters of installed packages (entry points ``bihuan.adapters``, name = job type).

    One that cannot be loaded does not keep us from starting: it is left out and described in
    the second value, a Chinese sentence each. Types of ours cannot be replaced.
    """
    found: dict[str, Adapter] = {}
    problems: list[str] = []
    for point in entry_points(group="bihuan.adapters"):
        if point.name in registry:
            problems.append(f"适配器 {point.value} 想占用内置的作业类型 {point.name}，已忽略。")
            continue
        try:
            found[point.name] = point.load()
        except (ImportError, AttributeError) as error:
            problems.append(f"适配器 {point.value}（{point.name}）装载失败，已忽略：{error}")
    return found, problems
