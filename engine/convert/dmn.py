"""One DMN file of Camunda 7, Flowable or Activiti → ours: every text FEEL, no foreign parts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.convert.context import Table, Work
from engine.convert.foreign import (
    VENDORS,
    Node,
    is_element,
    is_foreign,
    is_vendor,
    plain_name,
    take,
)
from engine.convert.juel import has_expression
from engine.convert.markup import ZEEBE_NS, pop, serialized
from engine.convert.report import Pair, shown
from engine.feel import FeelError, FeelSyntaxError, compile_unary_tests
from engine.feel.lexer import tokenize
from engine.xml import local_name, namespace

_FEEL = frozenset({"", "feel", "dmn", "feel-1.1"})
_LIKE_JUEL = frozenset({"juel", "uel", "el", "javascript", "ecmascript", "js", "groovy"})
_TYPES = {"integer": "number", "long": "number", "double": "number", "Integer": "number"}
_SINGLE = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY", "U", "F", "A", "P"})
_PLACES: dict[str, Pair] = {
    "inputExpression": ("输入表达式", "input expression"),
    "inputEntry": ("输入格", "input cell"),
    "outputEntry": ("输出格", "output cell"),
    "defaultOutputEntry": ("默认输出", "default output"),
    "literalExpression": ("表达式", "expression"),
}
_OPERATOR = re.compile(r"(==|!=|<=|>=|<|>)\s*(.+)", re.S)
_DATE = re.compile(r"(?:date|fn_date|date:toDate)\(\s*['\"]?([\d-]{10})['\"]?\s*\)")


def convert(work: Work, root: Node) -> bytes:
    """Convert the tree in place; the bytes of the new file."""
    usual = pop(root, "expressionLanguage")
    for table in _all(root, "decisionTable"):
        _table(work, table, usual)
    for node in _all(root, "literalExpression"):
        _expression(work, node, usual, {})
    for node in root.iter(etree.Element):
        _type(work, node)
    _foreign(work, root)
    etree.cleanup_namespaces(root, keep_ns_prefixes=_kept(root))
    return serialized(root)


def tables(root: Node) -> dict[str, Table]:
    """What the decisions of a file give, by their ids."""
    found: dict[str, Table] = {}
    for decision in _all(root, "decision"):
        identity = decision.get("id")
        for table in [one for one in _children(decision, "decisionTable") if identity]:
            policy = table.get("hitPolicy", "UNIQUE").upper()
            single = policy in _SINGLE or bool(table.get("aggregation"))
            names = tuple(one.get("name") or "" for one in _children(table, "output"))
            found[str(identity)] = Table(single, names)
    return found


def _table(work: Work, table: Node, usual: str) -> None:
    names: list[str] = []
    for one in _children(table, "input"):
        names.append(take(one, "inputVariable") or "cellInput")
        for expression in _children(one, "inputExpression"):
            _expression(work, expression, usual, {})
    for one in (*_children(table, "output"), *table.iter(etree.Element)):
        if local_name(one) == "defaultOutputEntry":
            _expression(work, one, usual, {})
    for rule in _children(table, "rule"):
        for index, cell in enumerate(_children(rule, "inputEntry")):
            own = names[index] if index < len(names) else "cellInput"
            _cell(work, cell, usual, own)
        for cell in _children(rule, "outputEntry"):
            _expression(work, cell, usual, {})


def _expression(work: Work, node: Node, usual: str, renamed: dict[str, str]) -> None:
    """A node with a ``text`` that is an expression, in whatever language."""
    language, holder = _language(node, usual), _text_node(node)
    if holder is None:
        return
    source = (holder.text or "").strip()
    if not source or (language in _FEEL and work.expressions.compiles(source)):
        return
    what = _PLACES.get(local_name(node), ("表达式", "expression"))
    if language not in _FEEL | _LIKE_JUEL:
        _other(work, node, language, source, what)
        return
    plain = _DATE.sub(r'date("\1")', source).removeprefix("==").strip()
    if plain != source and work.expressions.compiles(plain):
        holder.text = plain
        return
    result = work.expressions.bare(node, plain, what, renamed)
    holder.text = result if result is not None else f"${{{source}}}"
    _script_note(work, node, language, source)


def _cell(work: Work, node: Node, usual: str, name: str) -> None:
    """An input cell: unary tests, or an expression over the cell's input."""
    explicit = node.get("expressionLanguage")
    language, holder = _language(node, usual if explicit else ""), _text_node(node)
    if holder is None or not (holder.text or "").strip():
        return
    source = (holder.text or "").strip()
    what = _PLACES["inputEntry"]
    if language in _FEEL:
        named = _DATE.sub(r'date("\1")', _renamed(source, {name, "cellInput"}))
        if _tests(named):
            holder.text = named
            return
    if language not in _FEEL | _LIKE_JUEL:
        _other(work, node, language, source, what)
        return
    holder.text = _flowable(work, node, source, {name: "?", "cellInput": "?"})
    _script_note(work, node, language, source)


def _language(node: Node, usual: str) -> str:
    text = (pop(node, "expressionLanguage") or usual).rstrip("/").lower()
    last = text.rpartition("/")[2]
    return "feel" if last not in _LIKE_JUEL and ("feel" in text or "/dmn/" in text) else last


def _flowable(work: Work, node: Node, source: str, renamed: dict[str, str]) -> str:
    """A cell that is no FEEL: an expression over the input, or Flowable's ``== 'x'``, ``< y`` and
    ``.startsWith('x')``."""
    what = _PLACES["inputEntry"]
    found = _OPERATOR.fullmatch(source)
    if found is None:
        whole = f"cellInput{source}" if source.startswith(".") else source
        result = work.expressions.bare(node, whole, what, renamed)
        return f"${{{source}}}" if result is None else result
    dated = _DATE.sub(r'date("\1")', found[2])
    operand: str | None = dated
    if not work.expressions.compiles(dated):
        operand = work.expressions.bare(node, found[2], what, renamed)
    if operand is None:
        return f"${{{source}}}"
    forms = {"==": operand, "!=": f"not({operand})"}
    return forms.get(found[1], f"{found[1]} {operand}")


def _renamed(source: str, names: set[str]) -> str:
    """FEEL with the names of the cell's input written as ``?``."""
    try:
        tokens = tokenize(source)
    except FeelSyntaxError:
        return source
    written, position = "", 0
    for index, token in enumerate(tokens):
        after_dot = index > 0 and tokens[index - 1].text == "."
        if token.kind == "word" and token.text in names and not after_dot:
            written += source[position : token.start] + "?"
            position = token.end
    return written + source[position:]


def _tests(text: str) -> bool:
    if has_expression(text) or text.startswith(("==", "!=")):
        return False
    try:
        compile_unary_tests(text)
    except FeelError:
        return False
    return True


def _other(work: Work, node: Node, language: str, source: str, what: Pair) -> None:
    work.report.decide(
        node, "expression",
        (
            f"的{what[0]}用 {language} 写成：{shown(source)}",
            f"has an {what[1]} in {language}: {shown(source)}",
        ),
        ("用 FEEL 写出它。", "Write it in FEEL."),
    )  # fmt: skip
    holder = _text_node(node)
    if holder is not None:
        holder.text = f"${{{source}}}"


def _script_note(work: Work, node: Node, language: str, source: str) -> None:
    if language in _LIKE_JUEL - {"juel", "uel", "el"}:
        work.report.check(
            node, "script-expression",
            (
                f"的 {language} 表达式“{shown(source)}”已按字面改为 FEEL。",
                f"has the {language} expression “{shown(source)}”, now FEEL.",
            ),
            ("核对类型转换和空值。", "Check conversions of types and null."),
        )  # fmt: skip


def _type(work: Work, node: Node) -> None:
    reference = node.get("typeRef")
    if reference in _TYPES:
        node.set("typeRef", _TYPES[reference])
        if reference != "double":
            work.report.note(
                node, "type",
                (f"的类型 {reference} 改为 number。", f"had the type {reference}, now number."),
            )  # fmt: skip


def _foreign(work: Work, root: Node) -> None:
    """Take what has a meaning here, drop and report the rest."""
    for node in list(root.iter(etree.Element)):
        tag = take(node, "versionTag")
        if tag is not None:
            _version_tag(node, tag)
        quiet = take(node, "historyTimeToLive", "inputVariable", "forceDMN11")
        for key in [str(one) for one in node.attrib if is_foreign(str(one))]:
            text = str(node.attrib.pop(key))
            _lost(work, node, f"{plain_name(key)}={shown(text)}")
        if quiet is not None and local_name(node) == "decision":
            work.report.note(
                node, "dropped",
                (
                    "的 historyTimeToLive 已去掉：保存期限按系统设置。",
                    "had historyTimeToLive, dropped: how long is kept is set for the system.",
                ),
            )  # fmt: skip
    for node in [one for one in root.iter() if is_vendor(one)]:
        parent = node.getparent()
        if parent is not None:
            _lost(work, node, f"<{local_name(node)}>")
            parent.remove(node)


def _lost(work: Work, node: Node, what: str) -> None:
    work.report.check(
        node, "extension-dropped",
        (f"的扩展 {what} 已去掉。", f"had the extension {what}, dropped."),
        ("若它有作用，请用 FEEL 表达。", "If it mattered, say it in FEEL."),
    )  # fmt: skip


def _version_tag(node: Node, tag: str) -> None:
    space = namespace(node)
    holder = next(_children(node, "extensionElements"), None)
    if holder is None:
        holder = etree.Element(f"{{{space}}}extensionElements")
        node.insert(len(list(_children(node, "description"))), holder)
        holder.tail = node.text
    made = etree.SubElement(holder, f"{{{ZEEBE_NS}}}versionTag", nsmap={"zeebe": ZEEBE_NS})
    made.set("value", tag)


def _kept(root: Node) -> list[str]:
    return sorted(
        {
            str(prefix)
            for node in root.iter(etree.Element)
            for prefix, uri in node.nsmap.items()
            if prefix and uri not in VENDORS
        }
    )


def _text_node(node: Node) -> Node | None:
    return next(_children(node, "text"), None)


def _all(root: Node, name: str) -> list[Node]:
    return [one for one in root.iter(etree.Element) if local_name(one) == name]


def _children(node: Node, name: str) -> Iterator[Node]:
    return (one for one in node if is_element(one) and local_name(one) == name)
