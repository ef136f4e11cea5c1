"""A figure's SQL as far as we must understand it: its words, parameters, relations and the place
of its main SELECT. What it means is PostgreSQL's business."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.model import Finding

VIEWS = frozenset({
    "v_assessments", "v_cases", "v_clocks", "v_dimensions", "v_history", "v_links", "v_marks",
    "v_people", "v_tasks", "v_units", "v_vendors",
})
COUNTED = "counted"
"""The common table expression with one row a case that every figure counts."""

_FUNCTIONS_TEXT = (
    "abs asked avg bool_and bool_or ceil coalesce concat count date_trunc extract floor greatest "
    "hours_between least lower max min mode now nullif percentile_cont percentile_disc row_number "
    "round stddev string_agg sum to_char trunc upper"
)
_BEFORE_PARENTHESIS_TEXT = (
    "all and any array as between by case cube distinct else except exists filter from group "
    "having in intersect is join lateral like materialized not on or over partition rollup select "
    "sets some then union using values when where within numeric"
)
_FORBIDDEN_TEXT = (
    "alter analyze begin call comment commit copy create delete do drop execute explain for grant "
    "insert into only listen lock merge notify prepare refresh reindex reset revoke rollback set "
    "table truncate update vacuum recursive tablesample"
)
_CLAUSES_TEXT = (
    "select where group order having limit offset union intersect except window values"
)
_FUNCTIONS = frozenset(_FUNCTIONS_TEXT.split())
_BEFORE_PARENTHESIS = frozenset(_BEFORE_PARENTHESIS_TEXT.split())
_FORBIDDEN = frozenset(_FORBIDDEN_TEXT.split())
_CLAUSES = frozenset(_CLAUSES_TEXT.split())
_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<parameter>(?<!:):[A-Za-z_]\w*)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign>::|<=|>=|<>|!=|\|\||[-+*/%<>=(),.;\[\]])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is text, quoted, parameter, number, word or sign; ``line`` counts from 1."""

    kind: str
    text: str
    at: int
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """``head`` is "WITH …" with the table ``counted``, ``body`` the main SELECT after it. The
    table's name begins at ``named_at``, its definition ends before ``closed_at``."""

    text: str
    line: int
    head_end: int
    parameters: frozenset[str]
    named_at: int = 0
    closed_at: int = 0

    @property
    def head(self) -> str:
        return self.text[: self.head_end]

    @property
    def body(self) -> str:
        return self.text[self.head_end :]


def read(
    text: str, line: int, known: frozenset[str], filename: str, *, counted: bool = True
) -> tuple[Statement | None, list[Finding]]:
    """The statement that begins at ``line`` of the file; None with findings where it is refused:
    one SELECT over our views, with known parameters and harmless functions only; ``counted``:
    with the table that figures count from."""
    found: list[Finding] = []
    tokens: list[Token] = []
    for token in _tokens(text, line):
        if token.kind == "wrong":
            found.append(_wrong(filename, token.line, f"{token.text!r} 不能用在指标里。",
                                f"{token.text!r} cannot be used in a figure."))
            return None, found
        tokens.append(token)
    found += [*_words(tokens, filename), *_relations(tokens, filename)]
    for token in tokens:
        if token.kind == "parameter" and token.text[1:] not in known:
            names = "、".join(f":{one}" for one in sorted(known))
            found.append(_wrong(filename, token.line, f"没有参数 {token.text}；可用：{names}。",
                                f"There is no parameter {token.text}; known: {names}."))
    main = _main_select(tokens, bare=not counted)
    if not counted and main is None:
        found.append(_wrong(
            filename, tokens[0].line if tokens else line, "语句应为一条 SELECT 查询。",
            "The statement must be one SELECT.",
        ))
    elif main is None or (counted and COUNTED not in _tables_made(tokens)):
        found.append(_wrong(
            filename, tokens[0].line if tokens else line,
            f"语句应为 WITH {COUNTED} AS (SELECT case_id, month, … ) SELECT month, … 的形式。",
            f"The statement must read WITH {COUNTED} AS (SELECT case_id, month, …) "
            "SELECT month, ….",
        ))
    if found or main is None:
        return None, found
    used = frozenset(one.text[1:] for one in tokens if one.kind == "parameter")
    return Statement(text, line, main.at, used, *_place_of_counted(tokens)), []


def condition(text: str, line: int, filename: str) -> list[Finding]:
    """What is wrong with the condition of a list of cases: it may use no subquery."""
    tokens = list(_tokens(text, line))
    if any(one.kind in ("wrong", "parameter") or one.text.lower() in ("select", "with", ";")
           for one in tokens) or not _balanced(tokens):
        return [_wrong(filename, line, f"条件 {text} 只能比较 {COUNTED} 的列。",
                       f"The condition {text} may only compare columns of {COUNTED}.")]
    return _words(tokens, filename)


def driver_text(text: str, types: Mapping[str, str], *, numbered: bool = False) -> str:
    """The statement as the driver wants it: parameters named and typed, per cent signs doubled.
    ``numbered`` gives it as the server sees it, for the places in its messages."""
    order: dict[str, str] = {}
    parts = []
    for token in _pieces(text):
        if token.kind == "parameter":
            name = token.text[1:]
            place = order.setdefault(name, f"${len(order) + 1}") if numbered else f"%({name})s"
            parts.append(f"{place}::{types[name]}")
        else:
            parts.append(token.text if numbered else token.text.replace("%", "%%"))
    return "".join(parts)


def _pieces(text: str, line: int = 1) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        kind = str(found.lastgroup) if found else "wrong"
        piece = found.group() if found else text[at]
        yield Token(kind, piece, at, line)
        at += len(piece)
        line += piece.count("\n")


def _tokens(text: str, line: int) -> Iterator[Token]:
    return (one for one in _pieces(text, line) if one.kind != "blank")


def _words(tokens: list[Token], filename: str) -> list[Finding]:
    found = []
    for n, token in enumerate(tokens):
        word = token.text.lower()
        glued = n + 1 < len(tokens) and tokens[n + 1].kind == "text" and (
            tokens[n + 1].at == token.at + len(token.text)
        )
        called = n + 1 < len(tokens) and tokens[n + 1].text == "("
        named = n > 0 and tokens[n - 1].text == "."
        if token.kind == "quoted" or token.text == ";" or (
            # E'…' reads its text by other rules than we do.
            token.kind == "word" and (glued or (word in _FORBIDDEN and not named))
        ):
            found.append(_wrong(
                filename, token.line, f"{token.text} 不能用在指标里：只能是一条 SELECT 查询。",
                f"{token.text} cannot be used in a figure: it is one SELECT.",
            ))
        elif called and token.kind == "word" and not _callable(tokens, n, word):
            found.append(_wrong(
                filename, token.line, f"函数 {word} 不能用在指标里。",
                f"The function {word} cannot be used in a figure.",
            ))
    return found


def _callable(tokens: list[Token], n: int, word: str) -> bool:
    made = n > 0 and tokens[n - 1].text.lower() in ("with", ",") and word == COUNTED
    qualified = n > 0 and tokens[n - 1].text == "."
    return not qualified and (word in _FUNCTIONS or word in _BEFORE_PARENTHESIS or made)


def _relations(tokens: list[Token], filename: str) -> list[Finding]:
    """Each name after FROM and JOIN must be a view of ours or a table made in the statement, and
    relations stand beside each other by JOIN only: a comma would bring in one unseen."""
    known = VIEWS | _tables_made(tokens)
    refused: list[Token] = []
    clauses = [""]
    for n, token in enumerate(tokens):
        word, before = token.text.lower(), tokens[n - 1].text.lower() if n else ""
        if word == "(":
            clauses.append("call" if before == "extract" else "")
        elif word == ")" and len(clauses) > 1:
            clauses.pop()
        elif word == "," and clauses[-1] == "from":
            refused.append(token)
        elif word in ("from", "join") and before != "distinct" and clauses[-1] != "call":
            clauses[-1] = "from"
            refused += _refused_relation(tokens[n + 1 :], known)
        elif word in _CLAUSES:
            clauses[-1] = word
    return [
        _wrong(
            filename, one.line,
            f"这里不能读 {one.text}；可用的视图：{'、'.join(sorted(VIEWS))}，用 JOIN 连接。",
            f"{one.text} cannot be read here; the views are {', '.join(sorted(VIEWS))}, "
            "put together by JOIN.",
        )
        for one in refused
    ]


def _refused_relation(rest: list[Token], known: frozenset[str]) -> list[Token]:
    """The token after FROM or JOIN, unless it names or begins what may be read."""
    if rest and rest[0].text.lower() == "lateral":
        rest = rest[1:]
    words = [one.text.lower() for one in rest[:2]]
    if words[:1] == ["("]:
        return [] if words[1:] in (["select"], ["with"]) else rest[:1]
    return [] if words[:1] and words[0] in known and words[1:] != ["."] else rest[:1]


def _tables_made(tokens: list[Token]) -> frozenset[str]:
    """Names before "AS (" at the level of WITH."""
    made = set()
    depth = 0
    for n, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        following = [one.text.lower() for one in tokens[n + 1 : n + 3]]
        if depth == 0 and token.kind == "word" and following == ["as", "("]:
            made.add(token.text.lower())
    return frozenset(made)


def _place_of_counted(tokens: list[Token]) -> tuple[int, int]:
    """Where the definition of ``counted`` begins and ends; (0, 0) where there is none."""
    depth = 0
    begun: Token | None = None
    for n, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        following = [one.text.lower() for one in tokens[n + 1 : n + 3]]
        if depth == 0 and token.text.lower() == COUNTED and following == ["as", "("]:
            begun = token
        elif depth == 0 and token.text == ")" and begun is not None:
            return begun.at, token.at + 1
    return 0, 0


def _main_select(tokens: list[Token], *, bare: bool) -> Token | None:
    """The SELECT after WITH; ``bare``: or the one that the statement begins with."""
    first = ("with", "select") if bare else ("with",)
    if not tokens or tokens[0].text.lower() not in first or not _balanced(tokens):
        return None
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.text.lower() == "select":
            return token
    return None


def _balanced(tokens: list[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0:
            return False
    return depth == 0


def _wrong(filename: str, line: int, zh: str, en: str) -> Finding:
    return Finding("figure-sql", "error", filename, zh, en, line=line)
