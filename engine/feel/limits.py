"""How much one evaluation may use, and the meter that counts it."""

from __future__ import annotations

from dataclasses import dataclass
from time import thread_time
from typing import Any

from engine.feel.errors import FeelLimitError

_CLOCK_EVERY = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation: ``steps`` (loop rounds and calls), ``depth`` (function calls in
    one another), ``string`` (characters of one string), ``items`` (members of one list),
    ``total`` (characters and members made altogether), ``seconds`` (of the
    thread's CPU, so that a busy machine refuses nothing)."""

    steps: int = 200_000
    depth: int = 60
    string: int = 1_000_000
    items: int = 100_000
    total: int = 10_000_000
    seconds: float = 1.0


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a part of an expression became null: ``position`` in the text and two sentences."""

    position: int | None
    zh: str
    en: str


class Meter:
    """Counts what one evaluation uses; raises FeelLimitError when a limit is passed.

    ``warnings`` collects the reasons of nulls when it is a list; None costs nothing."""

    __slots__ = ("_clock_at", "cache", "deadline", "depth", "limits", "made", "steps", "warnings")

    def __init__(self, limits: Limits = DEFAULT, warnings: list[Remark] | None = None) -> None:
        self.limits = limits
        self.steps = 0
        self.made = 0
        self.depth = 0
        self.deadline = 0.0
        self._clock_at = _CLOCK_EVERY
        self.cache: dict[int, tuple[Any, Any]] = {}
        self.warnings = warnings

    def tick(self, count: int = 1) -> None:
        """Count ``count`` steps of work."""
        self.steps += count
        if self.steps >= self._clock_at:
            self._look_at_clock()

    def expect(self, count: int) -> None:
        """Refuse at once what would take ``count`` steps if that is too many."""
        if self.steps + count > self.limits.steps:
            raise FeelLimitError(
                f"表达式求值超过 {self.limits.steps} 步，已停止。",
                f"The expression takes more than {self.limits.steps} steps and was stopped.",
            )

    def weigh(self, value: Any) -> None:
        """Count what a walk through a list or context costs, however often parts recur in it."""
        stack = [value]
        while stack:
            part = stack.pop()
            members = part.values() if type(part) is dict else part
            self.tick(len(members))
            stack.extend(item for item in members if type(item) is list or type(item) is dict)

    def _look_at_clock(self) -> None:
        self._clock_at = self.steps + _CLOCK_EVERY
        self.expect(0)
        now = thread_time()
        if not self.deadline:
            self.deadline = now + self.limits.seconds
        if now > self.deadline:
            raise FeelLimitError(
                f"表达式求值超过 {self.limits.seconds:g} 秒，已停止。",
                f"The expression took longer than {self.limits.seconds:g} s and was stopped.",
            )

    def text(self, length: int) -> None:
        """Allow one string of ``length`` characters; call before making it."""
        if length > self.limits.string:
            raise FeelLimitError(
                f"字符串超过 {self.limits.string} 个字符。",
                f"A string would be longer than {self.limits.string} characters.",
            )
        self._use(length)

    def list_(self, length: int) -> None:
        """Allow one list of ``length`` members; call before making it."""
        if length > self.limits.items:
            raise FeelLimitError(
                f"列表超过 {self.limits.items} 个元素。",
                f"A list would have more than {self.limits.items} members.",
            )
        self._use(length)

    def made_value(self, value: Any) -> Any:
        """Charge a value that a function returned, and return it."""
        if type(value) is str:
            self.text(len(value))
        elif type(value) is list:
            self.list_(len(value))
        return value

    def enter(self) -> None:
        """One function call deeper; pair with ``leave``."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise too_deep(self.limits.depth)
        self.tick()

    def leave(self) -> None:
        self.depth -= 1

    def warn(self, position: int | None, zh: str, en: str) -> None:
        """Note why something became null, if anybody asked; at most 50 are kept."""
        if self.warnings is not None and len(self.warnings) < 50:
            self.warnings.append(Remark(position, zh, en))

    def _use(self, amount: int) -> None:
        self.made += amount
        if self.made > self.limits.total:
            raise FeelLimitError(
                f"表达式产生的数据超过 {self.limits.total} 个字符或元素。",
                f"The expression made more than {self.limits.total} characters or list members.",
            )


def too_deep(depth: int | None = None) -> FeelLimitError:
    """The error for nesting beyond ``depth`` (or beyond what the interpreter can hold)."""
    zh, en = (f"（上限 {depth} 层）", f" (limit {depth})") if depth else ("", "")
    return FeelLimitError(f"表达式嵌套或递归太深{zh}。", f"The expression nests too deeply{en}.")
