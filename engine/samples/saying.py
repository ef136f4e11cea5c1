"""Values as the behaviour file writes them: FEEL, weights, ranges, and texts put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from engine.errors import Invalid
from engine.feel import Expression, FeelError, Function, compile_expression, to_json
from engine.model import Json
from engine.samples.chance import Chance

_SLOT = re.compile(r"\{(\w+)\}")
_DEEPEST = 6


class Speaker:
    """Turns what the file writes into values:

    - ``"=…"`` FEEL over the context,
    - ``"@pool"`` a text of that pool, its ``{slots}`` filled from the context (codes as their
      labels) or from other pools; a pool by hot spot, category or region has those of
      the nearest one,
    - ``{"pick": {value: weight}}``, ``{"between": [low, high], "digits": n}``,
    - anything else stands for itself.
    """

    def __init__(
        self, texts: Mapping[str, Any], labels: Mapping[str, Mapping[str, str]],
        functions: Mapping[str, Function],
    ) -> None:
        self.texts = texts
        self.labels = labels
        self.functions = functions
        self._compiled: dict[str, Expression] = {}

    def value(self, written: Any, chance: Chance, context: Mapping[str, Any]) -> Json:
        if isinstance(written, str):
            if written.startswith("="):
                return to_json(self._evaluate(written[1:], context))
            return self.say(written[1:], chance, context) if written.startswith("@") else written
        if isinstance(written, dict):
            if "pick" in written:
                picked = chance.weighted(written["pick"])
                return self.value(picked, chance, context) if picked else None
            if "between" in written:
                low, high = written["between"]
                return round(chance.between(low, high), written.get("digits")) or 0
        return written

    def true(self, condition: str | None, context: Mapping[str, Any]) -> bool:
        """Whether a condition (FEEL, perhaps with "=") holds; none always does."""
        return condition is None or self._evaluate(condition.removeprefix("="), context) is True

    def say(
        self, pool: str, chance: Chance, context: Mapping[str, Any], depth: int = 0
    ) -> str:
        options = self.texts.get(pool)
        if options is None or depth > _DEEPEST:
            raise Invalid(f"示例行为文件没有文本“{pool}”。", f"There are no texts “{pool}”.")
        if isinstance(options, dict):
            options = _nearest(options, context)

        def fill(slot: re.Match[str]) -> str:
            name = slot[1]
            if context.get(name) is None and name in self.texts:
                return self.say(name, chance, context, depth + 1)
            return self.shown(name, context.get(name))

        return _SLOT.sub(fill, chance.among(options))

    def shown(self, name: str, value: Any) -> str:
        """A value in words."""
        if isinstance(value, str):
            return self.labels.get(name, {}).get(value, value)
        return "" if value is None else str(value)

    def _evaluate(self, text: str, context: Mapping[str, Any]) -> Any:
        try:
            if text not in self._compiled:
                self._compiled[text] = compile_expression(text, functions=self.functions)
            return self._compiled[text].evaluate(context)
        except FeelError as error:
            raise Invalid(
                f"示例行为文件的表达式“{text}”：{error.zh}",
                f"An expression of the sample behaviour, “{text}”: {error.en}",
            ) from error


def _nearest(options: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
    """The texts of the first of these that has some; "" is for all others."""
    for name in ("hot_spot", "category4", "category3", "subcategory", "category", "region"):
        code = context.get(name)
        if isinstance(code, str) and code in options:
            return options[code]
    return options[""]
