"""The catalogues' functions in FEEL (docs/catalogue.md).

Null gives null (or no choices), as everywhere in FEEL, and so does a code that the catalogue
does not know; a catalogue that is not deployed is refused with a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from engine.catalogue.model import Catalogue, Category
from engine.feel import Function, from_json
from engine.feel.errors import FeelEvaluationError

_MOST_ARGUMENTS = 3


def functions(
    catalogues: Mapping[str, Catalogue], today: Callable[[], date]
) -> dict[str, Function]:
    """The functions by name; those of two words also without the blank (``categoryPath``), as the
    expression editor of the Modeler wants it. ``today`` says which categories are active."""
    reading = _Reading(catalogues, today)
    found = {
        "categories": Function(
            "categories", ("catalogue", "parent", "keep"), reading.choices, variadic=True
        )
    }
    for spelling in ("category path", "categoryPath"):
        found[spelling] = Function(spelling, ("catalogue", "code"), reading.path)
    for spelling in ("category entry", "categoryEntry"):
        found[spelling] = Function(
            spelling, ("catalogue", "code"), reading.entry, variadic=True, native=True
        )
    return found


class _Reading:
    def __init__(self, catalogues: Mapping[str, Catalogue], today: Callable[[], date]) -> None:
        self.catalogues = catalogues
        self.today = today
        self.entries: dict[tuple[str, str, bool], Any] = {}

    def choices(self, *arguments: Any) -> list[dict[str, str]]:
        if not 1 <= len(arguments) <= _MOST_ARGUMENTS:
            raise FeelEvaluationError(
                "categories 的参数是：目录、上级代码、要保留的代码（后两个可省略）。",
                "categories takes a catalogue, a parent's code and a code to keep (both optional).",
            )
        parent = arguments[1] if len(arguments) > 1 else ""
        keep = arguments[2] if len(arguments) == _MOST_ARGUMENTS else None
        found = self._catalogue(arguments[0])
        if parent is None:
            return []
        chosen = found.below(str(parent), self.today(), None if keep is None else str(keep))
        return [{"label": one.label, "value": one.code} for one in chosen]

    def path(self, catalogue: Any, code: Any) -> str | None:
        return None if code is None else self._catalogue(catalogue).path(str(code))

    def entry(self, *arguments: Any) -> Any:
        """Of several codes the deepest that each level above agrees with; FEEL's own values, made
        once a category."""
        if not arguments:
            raise FeelEvaluationError(
                "category entry 的参数是：目录、代码（可以逐级给出多个）。",
                "category entry takes a catalogue and codes, level by level.",
            )
        known = self._catalogue(arguments[0])
        found: Category | None = None
        for code in arguments[1:]:
            one = known.categories.get(code) if isinstance(code, str) else None
            if one is not None and (found is None or one.within(found.code)):
                found = one
        if found is None:
            return None
        key = (known.id, found.code, found.active(self.today()))
        if key not in self.entries:
            self.entries[key] = from_json(self._entry(known, found))
        return self.entries[key]

    def _entry(self, known: Catalogue, one: Category) -> dict[str, Any]:
        return {
            "code": one.code, "label": one.label, "path": known.path(one.code),
            "level": one.level, "parent": one.parent or None,
            "active": one.active(self.today()), "leaf": not one.children,
            "elements": list(one.elements),
            "element labels": [known.elements[key] for key in one.elements],
            "specialty": one.specialty, "unit": one.unit, "urgent": one.urgent,
            "about": one.about,
        }

    def _catalogue(self, id_: Any) -> Catalogue:
        found = self.catalogues.get(id_) if isinstance(id_, str) else None
        if found is None:
            raise FeelEvaluationError(
                f"没有部署过分类目录 {id_}。", f"No catalogue {id_} is deployed."
            )
        return found
