"""What a form consists of, as parsed and compiled once per version; shared and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from forms.text import BLANK, Feel, Text

INPUTS = frozenset({
    "textfield", "textarea", "number", "datetime", "checkbox", "checklist", "taglist", "radio",
    "select", "filepicker",
})
CHOICES = frozenset({"checklist", "taglist", "radio", "select"})
MANY = frozenset({"checklist", "taglist", "filepicker"})
CONTAINERS = frozenset({"group", "dynamiclist"})
DISPLAYS = frozenset({"text", "html", "separator", "spacer", "table"})
IGNORED = frozenset({"button"})
"""The page has its own buttons; forms drawn elsewhere often carry one."""
SUPPORTED = INPUTS | CONTAINERS | DISPLAYS | IGNORED | {"expression"}

Subtype = Literal["date", "time", "datetime"]
TimeFormat = Literal["utc_offset", "utc_normalized", "no_timezone"]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: the JSON ``value`` that is stored, and its label."""

    value: Any
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """Where the options come from: in the file, a variable (``valuesKey``) or FEEL."""

    static: tuple[Option, ...] = ()
    key: str = ""
    expression: Feel | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """``validate`` of form-js; limits are numbers or FEEL that gives one."""

    required: bool | Feel = False
    min: float | Feel | None = None
    max: float | Feel | None = None
    min_length: float | Feel | None = None
    max_length: float | Feel | None = None
    pattern: str = ""
    pattern_message: str = ""
    kind: str = ""  # email, phone


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, time or both (``datetime``); how a time is written into the variable."""

    subtype: Subtype = "date"
    format: TimeFormat = "utc_offset"
    not_past: bool = False
    step_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Component:
    """One component; ``path`` is where its value lives relative to the enclosing scope."""

    type: str
    id: str
    place: str
    path: tuple[str, ...] = ()
    label: Text = BLANK
    description: Text = BLANK
    content: Text = BLANK
    prefix: Text = BLANK
    suffix: Text = BLANK
    hide: Feel | None = None
    readonly: bool | Feel = False
    disabled: bool = False
    default: Any = None
    row: str = ""
    columns: int | None = None
    rules: Rules = Rules()
    choices: Choices = Choices()
    moment: Moment = Moment()
    digits: int | None = None
    as_text: bool = False
    expression: Feel | None = None
    table: tuple[Column, ...] = ()
    table_columns: Feel | None = None
    repetitions: int = 1
    resizable: bool = True
    height: int = 0
    accept: str = ""
    many_files: bool = False
    children: tuple[Component, ...] = field(default=())

    @property
    def key(self) -> str:
        return ".".join(self.path)
