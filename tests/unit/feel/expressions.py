"""Random FEEL: expressions put together from the grammar, and texts torn and mended."""

from __future__ import annotations

from hypothesis import strategies as st

from engine.feel.functions import BUILTINS

CONTEXT = {
    "a": 1,
    "b": 2.5,
    "s": "网络 abc",
    "t": True,
    "n": None,
    "xs": [3, 1, 2],
    "names": ["a", "b", None],
    "c": {"level": "gold", "deep": {"x": [1, {"y": 2}]}},
    "rows": [{"sku": "a", "price": 3}, {"sku": "b", "price": None}, {"sku": 5}],
    "at": "2026-11-22T09:30:00+08:00",
    "客户 等级": "金",
    "big": 10**40,
}

_ATOMS = st.sampled_from(
    [
        *CONTEXT, "1", "0", "-1", "2.50", "1e3", "1e6144", "1e-6143", '""', '"a"', '"网络"', "true",
        "false", "null", '@"2026-02-28"', '@"2026-02-28T23:59:59@Asia/Shanghai"', '@"09:30:00Z"',
        '@"P1Y2M"', '@"-P1DT2H"', '@"PT0.1S"', "[]", "{}", "[1..5]", "(1..5)", "(< 3)",
        "c.level", "rows.price", "missing", "?", "item", "partial", 'date("x")', "now()",
    ]
)  # fmt: skip
_OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"]
)
_NAMES = st.sampled_from(["x", "i", "item", "y z", "partial", "价格"])
_TYPES = st.sampled_from(
    ["number", "string", "list<number>", "context<a: string>", "range<date>", "Any",
     "function<number> -> string", "days and time duration"]
)  # fmt: skip


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    function = st.sampled_from(sorted(set(BUILTINS) - {"uuid", "random number", "now", "today"}))
    return st.one_of(
        st.builds("({} {} {})".format, inner, _OPERATORS, inner),
        st.builds("(-{})".format, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{k: {}, l: k}}.l".format, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}.price".format, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
        st.builds("(for {} in {} return {})".format, _NAMES, inner, inner),
        st.builds("(some {} in {} satisfies {})".format, _NAMES, inner, inner),
        st.builds("(every {} in {}..{} satisfies {})".format, _NAMES, inner, inner, inner),
        st.builds("({} between {} and {})".format, inner, inner, inner),
        st.builds("({} instance of {})".format, inner, _TYPES),
        st.builds("[{}..{})".format, inner, inner),
        st.builds("(function({}) {})({})".format, _NAMES, inner, inner),
        st.builds("{}({})".format, function, inner),
        st.builds("{}({}, {})".format, function, inner, inner),
        st.builds("{}({}, {}, {})".format, function, inner, inner, inner),
        st.builds("sort({}, function(x, y) x < y)".format, inner),
    )


EXPRESSIONS = st.recursive(_ATOMS, _grown, max_leaves=12)
"""Well-formed expressions; what they compute is another matter."""

_SPLINTERS = st.sampled_from(
    [*"()[]{}<>=,:.@;'\"+-*/?` \n\\，（＝", "..", "**", "->", "if ", " then ", " else ", "for ",
     " in ", " return ", "some ", " satisfies ", "function", "external", "not(", "/*", "*/", "//",
     "null", "1e", "@\"P", "\ud800", "\u0000", "é", "𝒜"]
)  # fmt: skip


@st.composite
def torn(draw: st.DrawFn) -> str:
    """An expression with a few places cut out or splinters put in."""
    text = draw(EXPRESSIONS)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 3))
        text = text[:start] + draw(_SPLINTERS) + text[end:]
    return text
