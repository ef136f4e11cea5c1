"""Java methods that expressions call, and the FEEL that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["any", "boolean", "number", "string", "list", "moment", "null"]

OR, AND, COMPARE, ADD, MULTIPLY, SIGN, POSTFIX = 1, 2, 3, 4, 5, 6, 7
"""How tightly FEEL's operators bind; ``if`` binds least (0)."""


@dataclass(frozen=True, slots=True)
class Method:
    """``pattern``: FEEL with ``{0}`` the receiver, ``{1}``, ``{2}`` the arguments, each of which
    must bind as tightly as ``operand``; the result binds as ``level``."""

    pattern: str
    operand: int = 0
    level: int = POSTFIX
    kind: Kind = "any"


_SAME = Method("{0}", 0, 0)

METHODS: dict[tuple[str, int], Method] = {
    ("equals", 1): Method("{0} = {1}", ADD, COMPARE, "boolean"),
    ("equalsIgnoreCase", 1): Method(
        "lower case({0}) = lower case({1})", 0, COMPARE, "boolean"
    ),
    ("startsWith", 1): Method("starts with({0}, {1})", kind="boolean"),
    ("endsWith", 1): Method("ends with({0}, {1})", kind="boolean"),
    ("containsKey", 1): Method("get value({0}, {1}) != null", 0, COMPARE, "boolean"),
    ("getOrDefault", 2): Method("get or else(get value({0}, {1}), {2})"),
    ("hasProp", 1): Method("get value({0}, {1}) != null", 0, COMPARE, "boolean"),
    ("length", 0): Method("string length({0})", kind="number"),
    ("size", 0): Method("count({0})", kind="number"),
    ("isEmpty", 0): Method('list contains(["", [], {{}}], {0})', kind="boolean"),
    ("isBlank", 0): Method("is blank({0})", kind="boolean"),
    ("toLowerCase", 0): Method("lower case({0})", kind="string"),
    ("toUpperCase", 0): Method("upper case({0})", kind="string"),
    ("trim", 0): Method("trim({0})", kind="string"),
    ("strip", 0): Method("trim({0})", kind="string"),
    ("toString", 0): Method("string({0})", kind="string"),
    ("concat", 1): Method("{0} + {1}", ADD, ADD, "string"),
    ("substring", 1): Method("substring({0}, {1} + 1)", ADD, kind="string"),
    ("substring", 2): Method("substring({0}, {1} + 1, {2} - {1})", MULTIPLY, kind="string"),
    ("booleanValue", 0): _SAME,
    ("boolValue", 0): _SAME,
    ("numberValue", 0): _SAME,
    ("stringValue", 0): _SAME,
    ("intValue", 0): _SAME,
    ("longValue", 0): _SAME,
    ("doubleValue", 0): _SAME,
    ("value", 0): _SAME,
    ("elements", 0): _SAME,
    ("toDate", 0): _SAME,
    ("toInstant", 0): _SAME,
    ("name", 0): _SAME,
}
"""By name and number of arguments. Sources: the classes String, Collection, Map and Number of
Java, and Camunda's Spin for JSON values, which are plain values here."""

VARIABLE_FUNCTIONS: dict[tuple[str, int], Method] = {
    ("get", 1): _SAME,
    ("getOrDefault", 2): Method("get or else({0}, {1})"),
    ("exists", 1): Method("{0} != null", ADD, COMPARE, "boolean"),
    ("isEmpty", 1): Method('list contains([null, "", [], {{}}], {0})', kind="boolean"),
    ("empty", 1): Method('list contains([null, "", [], {{}}], {0})', kind="boolean"),
    ("isNotEmpty", 1): Method('not(list contains([null, "", [], {{}}], {0}))', kind="boolean"),
    ("notEmpty", 1): Method('not(list contains([null, "", [], {{}}], {0}))', kind="boolean"),
    ("equals", 2): Method("{0} = {1}", ADD, COMPARE, "boolean"),
    ("eq", 2): Method("{0} = {1}", ADD, COMPARE, "boolean"),
    ("notEquals", 2): Method("{0} != {1}", ADD, COMPARE, "boolean"),
    ("ne", 2): Method("{0} != {1}", ADD, COMPARE, "boolean"),
    ("contains", 2): Method(
        "if {0} instance of string then contains({0}, {1}) else list contains({0}, {1})",
        POSTFIX,
        0,
        "boolean",
    ),
    ("lowerThan", 2): Method("{0} < {1}", ADD, COMPARE, "boolean"),
    ("lt", 2): Method("{0} < {1}", ADD, COMPARE, "boolean"),
    ("lowerThanOrEquals", 2): Method("{0} <= {1}", ADD, COMPARE, "boolean"),
    ("lte", 2): Method("{0} <= {1}", ADD, COMPARE, "boolean"),
    ("greaterThan", 2): Method("{0} > {1}", ADD, COMPARE, "boolean"),
    ("gt", 2): Method("{0} > {1}", ADD, COMPARE, "boolean"),
    ("greaterThanOrEquals", 2): Method("{0} >= {1}", ADD, COMPARE, "boolean"),
    ("gte", 2): Method("{0} >= {1}", ADD, COMPARE, "boolean"),
}
"""Flowable's ``var:`` and ``collection:`` functions; the first argument names a variable."""

UNITS = {
    "Years": ("P", "Y"),
    "Months": ("P", "M"),
    "Weeks": ("P", "W"),
    "Days": ("P", "D"),
    "Hours": ("PT", "H"),
    "Minutes": ("PT", "M"),
    "Seconds": ("PT", "S"),
}
"""``plusDays`` and the like of dates: how the duration of one number is written."""
