"""File fields (``filepicker`` of form-js): what of a form takes files, and their values.

A value is a list of document references as Camunda 8 has them: ``{"camunda.document.type",
"storeId", "documentId", "metadata": {"fileName", "contentType", "size"}}``. Browsers send the
documents' ids; the page puts the references of those that it knows in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from forms.component import Component
from forms.form import Form


@dataclass(frozen=True, slots=True)
class Picker:
    """A file field by its name: which files (``.jpg,image/*``; empty: all), whether several."""

    name: str
    accept: str
    many: bool


def pickers(form: Form) -> dict[str, Picker]:
    """The file fields of a form by name. Those in rows of lists have no name of their own and
    are refused when the form is read."""
    return {one.name: one for one in _found(form.components, ())}


def referred(form: Form, data: Mapping[str, Any]) -> list[str]:
    """The ids of all documents in the file fields of ``data`` (nested as the form has it)."""
    ids: list[str] = []
    for picker in pickers(form).values():
        value: Any = data
        for step in picker.name.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        ids += [one if isinstance(one, str) else str(one.get("documentId", ""))
                for one in (value if isinstance(value, list) else [])
                if isinstance(one, (str, Mapping))]
    return ids


def _found(components: tuple[Component, ...], prefix: tuple[str, ...]) -> Iterator[Picker]:
    for one in components:
        path = prefix + one.path
        if one.type == "filepicker":
            yield Picker(".".join(path), one.accept, one.many_files)
        elif one.type == "group":
            yield from _found(one.children, path)
