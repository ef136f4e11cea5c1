"""Item definitions → FEEL types (DMN 1.5 §7.3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.dmn.elements import ItemDefinition
from engine.feel import FeelError, compile_unary_tests
from engine.feel.types import (
    ANY,
    SIMPLE,
    ContextType,
    Deferred,
    FunctionType,
    ListType,
    Restricted,
    Type,
)
from engine.feel.values import Value

_SPELLINGS = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "dateandtime": "date and time",
    "any": "Any",
    "integer": "number",
    "long": "number",
    "double": "number",
}
"""Names other versions and tools use for FEEL's types."""

_MAX_DEPTH = 40


class ItemTypes:
    """The types of one file. ``problems`` are (item, zh, en) found while building."""

    def __init__(self, items: Iterable[ItemDefinition], imported: Mapping[str, ItemTypes]) -> None:
        self._items = {item.name: item for item in items}
        self._imported = imported
        self._built: dict[str, Type] = {}
        self._building: list[str] = []
        self.problems: list[tuple[ItemDefinition, str, str]] = []
        for name in self._items:
            self.named(name)

    @property
    def types(self) -> dict[str, Type]:
        """Every named type, those of imported files as ``prefix.name``."""
        found: dict[str, Type] = {name: self._reference(name) for name in self._items}
        for prefix, types in self._imported.items():
            for name, kind in types.types.items():
                found[f"{prefix}.{name}" if prefix else name] = kind
        return found

    def named(self, reference: str | None) -> Type | None:
        """The type a ``typeRef`` means; None if there is none such (no check then)."""
        if not reference:
            return None
        if reference in self._items:
            return self._item(reference)
        plain = _SPELLINGS.get(reference, reference)
        if plain in SIMPLE:
            return SIMPLE[plain]
        if ":" in reference:
            return self.named(reference.partition(":")[2])
        return self._dotted(reference) if "." in reference else None

    def _reference(self, name: str) -> Type:
        return Deferred(name, lambda: self._item(name))

    def _item(self, name: str) -> Type:
        built = self._built.get(name)
        if built is not None:
            return built
        item = self._items[name]
        if name in self._building or len(self._building) > _MAX_DEPTH:
            return self._reference(name) if item.components else self._circular(item)
        self._building.append(name)
        made = self._build(item)
        self._building.pop()
        self._built[name] = made
        return made

    def _circular(self, item: ItemDefinition) -> Type:
        self.problems.append(
            (item, f"类型“{item.name}”由它自己定义。", f"Type {item.name!r} is defined by itself.")
        )
        return ANY

    def _build(self, item: ItemDefinition) -> Type:
        base = self._base(item)
        if item.allowed:
            base = self._restricted(item, base, item.allowed)
        if item.collection:
            base = ListType(base)
        if item.constraint:
            base = self._restricted(item, base, item.constraint)
        return base

    def _base(self, item: ItemDefinition) -> Type:
        if item.function is not None:
            parameters, result = item.function
            return FunctionType(
                tuple(self._type_or_any(parameter) for parameter in parameters),
                self._type_or_any(result),
            )
        if item.components:
            parts = tuple((part.name, self._build(part)) for part in item.components)
            return ContextType(parts, item.name)
        return self._type_or_any(item.type_ref)

    def _type_or_any(self, reference: str | None) -> Type:
        if reference in self._items and reference in self._building:
            assert reference is not None
            if not self._items[reference].components:
                return self._circular(self._items[reference])
            return self._reference(reference)
        return self.named(reference) or ANY

    def _restricted(self, item: ItemDefinition, base: Type, text: str) -> Type:
        try:
            tests = compile_unary_tests(text, types=self.types)
        except FeelError as error:
            self.problems.append((item, error.zh, error.en))
            return base

        def allowed(value: Value) -> bool:
            return tests.test(value, {}) is True

        return Restricted(item.name, base, allowed)

    def _dotted(self, reference: str) -> Type | None:
        prefix, _, rest = reference.partition(".")
        if prefix in self._imported:
            return self._imported[prefix].named(rest)
        item = self._items.get(prefix)
        for part in rest.split("."):
            if item is None:
                return None
            item = next((child for child in item.components if child.name == part), None)
        return None if item is None else self._build(item)
