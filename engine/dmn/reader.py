"""DMN XML, versions 1.1 to 1.5, any prefix → ``elements``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from engine.dmn import elements as dmn
from engine.dmn.errors import DmnInvalid, finding
from engine.xml import line_of, local_name, namespace, parse_xml

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/MODEL/",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
        "https://www.omg.org/spec/DMN/20240513/MODEL/",
    }
)
MAX_RULES = 10_000
MAX_CELLS = 200_000
"""How large one table may be."""

_NODES = ("decision", "inputData", "businessKnowledgeModel", "decisionService", "knowledgeSource")
_Xml = etree._Element


def read(content: bytes, filename: str) -> dmn.Definitions:
    """The definitions in a file. Invalid if it is no XML; DmnInvalid if it is no DMN or misses
    something DMN requires."""
    root = parse_xml(content, filename)
    if local_name(root) != "definitions" or namespace(root) not in NAMESPACES:
        raise DmnInvalid(
            [
                finding(
                    "dmn-namespace",
                    filename,
                    f"根元素是 {root.tag}，不是 DMN 1.1–1.5 的 definitions。",
                    f"The root element is {root.tag}, not definitions of DMN 1.1–1.5.",
                    line=line_of(root),
                )
            ]
        )
    found: dict[str, dmn.Element] = {}
    for node in _children(root, *_NODES):
        element = _element(node, filename)
        if element.id in found:
            raise _refuse(node, filename, "duplicate-id", f"标识 {element.id} 重复。",
                          f"The id {element.id} is used twice.")  # fmt: skip
        found[element.id] = element
    return dmn.Definitions(
        id=root.get("id", ""),
        name=root.get("name", ""),
        namespace=root.get("namespace", ""),
        filename=filename,
        elements=found,
        items=tuple(_item(node) for node in _children(root, "itemDefinition")),
        imports=tuple(
            dmn.Import(
                node.get("name", ""),
                node.get("namespace", ""),
                node.get("importType", ""),
                node.get("locationURI", ""),
            )
            for node in _children(root, "import")
        ),
    )


def _element(node: _Xml, filename: str) -> dmn.Element:
    kind = local_name(node)
    variable = _child(node, "variable")
    name = node.get("name") or node.get("id") or ""
    identity = node.get("id") or name
    if not identity:
        raise _refuse(node, filename, "missing-id", f"{kind} 没有 id 和名称。",
                      f"A {kind} has neither id nor name.")  # fmt: skip
    logic: dmn.Boxed | None = None
    body = _child(node, "encapsulatedLogic") if kind == "businessKnowledgeModel" else node
    if body is not None and kind in ("decision", "businessKnowledgeModel"):
        logic = _function(body, filename) if body is not node else _expression_in(body, filename)
    return dmn.Element(
        kind=kind,
        id=identity,
        name=name,
        variable=(variable.get("name") if variable is not None else None) or name,
        type_ref=_type(variable) if variable is not None else None,
        line=line_of(node),
        requires=_hrefs(node, "informationRequirement"),
        knows=_hrefs(node, "knowledgeRequirement"),
        logic=logic,
        service=_service(node) if kind == "decisionService" else None,
        version_tag=_version_tag(node),
    )


def _version_tag(node: _Xml) -> str | None:
    holder = _child(node, "extensionElements")
    tag = _child(holder, "versionTag") if holder is not None else None
    return (tag.get("value") or None) if tag is not None else None


def _service(node: _Xml) -> dmn.Service:
    def of(name: str) -> tuple[str, ...]:
        return tuple(child.get("href", "") for child in _children(node, name))

    return dmn.Service(of("outputDecision"), of("inputDecision"), of("inputData"))


def _hrefs(node: _Xml, kind: str) -> tuple[str, ...]:
    return tuple(
        child.get("href", "")
        for requirement in _children(node, kind)
        for child in requirement
        if child.get("href")
    )


# boxed expressions


def _expression_in(node: _Xml, filename: str) -> dmn.Boxed | None:
    for child in node:
        reader = _READERS.get(local_name(child))
        if reader is not None:
            return reader(child, filename)
    return None


def _needed(node: _Xml, name: str, filename: str) -> dmn.Boxed:
    child = _child(node, name)
    found = _expression_in(child, filename) if child is not None else None
    if found is None:
        raise _refuse(
            node, filename, "missing-expression",
            f"{local_name(node)} 缺少 {name} 的表达式。",
            f"A {local_name(node)} has no expression in {name}.",
        )  # fmt: skip
    return found


def _literal(node: _Xml, filename: str) -> dmn.Boxed:
    return dmn.LiteralExpression(*_base(node), _text(node), node.get("expressionLanguage", ""))


def _context(node: _Xml, filename: str) -> dmn.Boxed:
    entries: list[dmn.ContextEntry] = []
    for entry in _children(node, "contextEntry"):
        variable = _child(entry, "variable")
        value = _expression_in(entry, filename)
        if variable is None:
            entries.append(dmn.ContextEntry(None, None, value))
        else:
            entries.append(dmn.ContextEntry(variable.get("name", ""), _type(variable), value))
    return dmn.Context(*_base(node), tuple(entries))


def _invocation(node: _Xml, filename: str) -> dmn.Boxed:
    callee = _expression_in(node, filename)
    if callee is None:
        raise _refuse(node, filename, "missing-expression", "调用没有指明函数。",
                      "An invocation names no function.")  # fmt: skip
    bindings: list[tuple[str, dmn.Boxed | None]] = []
    for binding in _children(node, "binding"):
        parameter = _child(binding, "parameter")
        name = parameter.get("name", "") if parameter is not None else ""
        bindings.append((name, _expression_in(binding, filename)))
    return dmn.Invocation(*_base(node), callee, tuple(bindings))


def _relation(node: _Xml, filename: str) -> dmn.Boxed:
    columns = tuple((column.get("name", ""), _type(column)) for column in _children(node, "column"))
    rows = tuple(_expressions(row, filename) for row in _children(node, "row"))
    return dmn.Relation(*_base(node), columns, rows)


def _list(node: _Xml, filename: str) -> dmn.Boxed:
    return dmn.BoxedList(*_base(node), _expressions(node, filename))


def _expressions(node: _Xml, filename: str) -> tuple[dmn.Boxed, ...]:
    return tuple(
        _READERS[local_name(child)](child, filename)
        for child in node
        if local_name(child) in _READERS
    )


def _function(node: _Xml, filename: str) -> dmn.Boxed:
    parameters = tuple(
        (parameter.get("name", ""), _type(parameter))
        for parameter in _children(node, "formalParameter")
    )
    kind = node.get("kind", "FEEL")
    body = _expression_in(node, filename)
    return dmn.FunctionDefinition(*_base(node), kind, parameters, body)


def _conditional(node: _Xml, filename: str) -> dmn.Boxed:
    parts = [_needed(node, name, filename) for name in ("if", "then", "else")]
    return dmn.Conditional(*_base(node), *parts)


def _filter(node: _Xml, filename: str) -> dmn.Boxed:
    source, match = (_needed(node, name, filename) for name in ("in", "match"))
    return dmn.Filter(*_base(node), source, match)


def _iteration(node: _Xml, filename: str) -> dmn.Boxed:
    kind = local_name(node)
    body = _needed(node, "return" if kind == "for" else "satisfies", filename)
    source = _needed(node, "in", filename)
    return dmn.Iteration(*_base(node), kind, node.get("iteratorVariable", ""), source, body)


def _table(node: _Xml, filename: str) -> dmn.Boxed:
    inputs = tuple(_input(child) for child in _children(node, "input"))
    outputs = tuple(_output(child) for child in _children(node, "output"))
    if not outputs:
        raise _refuse(node, filename, "no-output", "决策表没有输出列。",
                      "The decision table has no output column.")  # fmt: skip
    nodes = list(_children(node, "rule"))
    if len(nodes) > MAX_RULES or len(nodes) * (len(inputs) + len(outputs)) > MAX_CELLS:
        raise _refuse(
            node, filename, "too-many-rules",
            f"决策表有 {len(nodes)} 条规则，超过上限（{MAX_RULES} 条规则，{MAX_CELLS} 格）。",
            f"The table has {len(nodes)} rules; the limits are {MAX_RULES} rules and "
            f"{MAX_CELLS} cells.",
        )  # fmt: skip
    rules = tuple(_rule(child, filename, len(inputs), len(outputs)) for child in nodes)
    return dmn.DecisionTable(
        *_base(node),
        node.get("hitPolicy", "UNIQUE").upper(),
        node.get("aggregation", "").upper(),
        inputs,
        outputs,
        rules,
    )


def _input(node: _Xml) -> dmn.Input:
    expression = _child(node, "inputExpression")
    text = _text(expression) if expression is not None else ""
    type_ref = _type(expression) if expression is not None else None
    return dmn.Input(
        node.get("id", ""), node.get("label") or text, text, type_ref,
        _child_text(node, "inputValues"), line_of(node),
    )  # fmt: skip


def _output(node: _Xml) -> dmn.Output:
    name = node.get("name", "")
    return dmn.Output(
        node.get("id", ""), name, node.get("label") or name, _type(node),
        _child_text(node, "outputValues"), _child_text(node, "defaultOutputEntry"),
        line_of(node),
    )  # fmt: skip


def _rule(node: _Xml, filename: str, inputs: int, outputs: int) -> dmn.Rule:
    tests = tuple(_text(child) for child in _children(node, "inputEntry"))
    results = tuple(_text(child) for child in _children(node, "outputEntry"))
    if len(tests) != inputs or len(results) != outputs:
        raise _refuse(
            node, filename, "rule-width",
            f"这条规则有 {len(tests)} 个输入格和 {len(results)} 个输出格，"
            f"表有 {inputs} 列输入和 {outputs} 列输出。",
            f"The rule has {len(tests)} input and {len(results)} output cells; the table has "
            f"{inputs} and {outputs} columns.",
        )  # fmt: skip
    annotations = [_text(child) for child in _children(node, "annotationEntry")]
    annotations = [text for text in annotations if text] or [_child_text(node, "description")]
    annotation = "; ".join(text for text in annotations if text)
    return dmn.Rule(node.get("id", ""), tests, results, annotation, line_of(node))


_READERS = {
    "literalExpression": _literal,
    "context": _context,
    "invocation": _invocation,
    "relation": _relation,
    "list": _list,
    "functionDefinition": _function,
    "conditional": _conditional,
    "filter": _filter,
    "for": _iteration,
    "some": _iteration,
    "every": _iteration,
    "decisionTable": _table,
}


# item definitions


def _item(node: _Xml) -> dmn.ItemDefinition:
    function = _child(node, "functionItem")
    signature: tuple[tuple[str | None, ...], str | None] | None = None
    if function is not None:
        parameters = tuple(_type(child) for child in _children(function, "parameters"))
        signature = (parameters, function.get("outputTypeRef"))
    reference = _child(node, "typeRef")
    return dmn.ItemDefinition(
        name=node.get("name", ""),
        type_ref=(reference.text or "").strip() if reference is not None else _type(node),
        allowed=_child_text(node, "allowedValues"),
        constraint=_child_text(node, "typeConstraint"),
        collection=node.get("isCollection") == "true",
        components=tuple(_item(child) for child in _children(node, "itemComponent")),
        function=signature,
        line=line_of(node),
    )


# XML


def _base(node: _Xml) -> tuple[str, str | None, int]:
    return node.get("id", ""), _type(node), line_of(node)


def _type(node: _Xml) -> str | None:
    """The attribute typeRef. DMN 1.1 wrote it as a prefixed name."""
    return node.get("typeRef") or None


def _children(node: _Xml, *names: str) -> Iterator[_Xml]:
    return (child for child in node if local_name(child) in names)


def _child(node: _Xml, name: str) -> _Xml | None:
    return next(_children(node, name), None)


def _text(node: _Xml) -> str:
    child = _child(node, "text")
    return "" if child is None else (child.text or "").strip()


def _child_text(node: _Xml, name: str) -> str:
    child = _child(node, name)
    if child is None:
        return ""
    return _text(child) or (child.text or "").strip()


def _refuse(node: _Xml, filename: str, rule: str, zh: str, en: str) -> DmnInvalid:
    return DmnInvalid([finding(rule, filename, zh, en, line=line_of(node), id=_owner(node))])


def _owner(node: _Xml) -> str | None:
    """The id of the node or of the nearest ancestor that has one."""
    chain: Iterable[_Xml] = (node, *node.iterancestors())
    return next((found for found in (item.get("id") for item in chain) if found), None)
