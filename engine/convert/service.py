"""Service, send and business rule tasks and throwing message events → job types."""

from __future__ import annotations

from engine.convert import implementation, mappings
from engine.convert.context import Work, slug
from engine.convert.foreign import Node, attribute, inner, inner_text, take, take_elements
from engine.convert.implementation import Implementation
from engine.convert.juel import has_expression
from engine.convert.markup import add, ensure, put, rename, zeebe
from engine.convert.report import shown
from engine.xml import local_name

_MAIL = {"to": "to", "cc": "cc", "subject": "subject", "text": "body"}
_TYPE = ("作业类型", "job type")
_BUILT_IN = frozenset({"mail", "http", "dmn", "shell", "camel", "mule", "case", "external-worker"})


def convert(work: Work, node: Node, source: Node | None = None) -> bool:
    """Give ``node`` the task definition that ``source`` (itself, or its message definition) asks
    for; False if it asks for none."""
    source = node if source is None else source
    result = take(source, "resultVariable", "resultVariableName")
    take(source, "taskPriority")
    kind, topic = take(source, "type"), take(source, "topic")
    connectors = take_elements(source, "connector")
    injected = take_elements(source, "field")
    if kind in ("external", "external-worker") or topic is not None:
        _external(work, node, topic)
        for one in connectors:
            work.report.check(
                one, "connector",
                ("的连接器没有用到，已去掉。", "has a connector that was not used, dropped."),
            )  # fmt: skip
    elif connectors:
        _connector(work, node, connectors[0])
    elif kind is not None:
        return _built_in(work, node, kind, injected, result)
    elif not _java(work, node, source, result):
        return False
    _inject(work, node, injected)
    if result is not None and zeebe(node, "taskDefinition") is not None:
        header(node, "resultVariable", result)
    return True


def header(node: Node, key: str, value: str) -> None:
    """Set a task header."""
    headers = ensure(node, "taskHeaders")
    for one in headers:
        if one.get("key") == key:
            one.set("value", value)
            return
    add(headers, "header", key=key, value=value)


def _external(work: Work, node: Node, topic: str | None) -> None:
    if topic is None:
        work.report.decide(
            node, "topic",
            ("是外部任务，却没有主题。", "is an external task without a topic."),
            ("填写作业类型。", "Fill in a job type."),
        )  # fmt: skip
        return
    put(node, "taskDefinition", type=work.expressions.text(node, topic, _TYPE))
    work.report.note(
        node, "topic",
        (f"的主题 {topic} 成为作业类型。", f"has the topic {topic}, now its job type."),
        (
            "外部工作者改用 /v2/jobs/activation 领取这一类型的作业。",
            "Have the outside worker take jobs of this type from /v2/jobs/activation.",
        ),
    )  # fmt: skip


def _java(work: Work, node: Node, source: Node, result: str | None) -> bool:
    for kind in ("class", "delegateExpression", "expression"):
        text = take(source, kind)
        if text is None:
            continue
        if kind == "expression" and implementation.pure(text):
            _computed(work, node, text, result)
        elif kind != "expression" or not _assigned(work, node, text):
            _implemented(work, node, _named(work, node, kind, text))
        take(source, "class", "delegateExpression", "expression")
        return True
    return False


def _named(work: Work, node: Node, kind: str, text: str) -> Implementation:
    return implementation.named(work, kind, text, slug(node.get("id") or local_name(node)))


def _assigned(work: Work, node: Node, text: str) -> bool:
    """``${execution.setVariable('x', value)}`` as a script task; False where it is more."""
    found = implementation.assignment(text)
    if found is None or local_name(node) != "serviceTask":
        return False
    rename(node, "scriptTask")
    put(node, "script", expression=f"={found[1]}", resultVariable=found[0])
    work.report.note(
        node, "computed",
        (
            f"只设置变量 {found[0]}，已改为 FEEL 脚本任务。",
            f"only sets {found[0]} and became a FEEL script task.",
        ),
    )  # fmt: skip
    return True


def _computed(work: Work, node: Node, text: str, result: str | None) -> None:
    """An expression that only computes: a script task, where the result goes somewhere."""
    expression = work.expressions.text(node, text, ("表达式", "expression"))
    if result is None or local_name(node) not in ("serviceTask", "scriptTask"):
        _implemented(work, node, _named(work, node, "expression", text))
        return
    rename(node, "scriptTask")
    put(node, "script", expression=expression, resultVariable=result)
    work.report.note(
        node, "computed",
        (
            f"的表达式“{shown(text)}”只做计算，已改为 FEEL 脚本任务。",
            f"only computes “{shown(text)}” and became a FEEL script task.",
        ),
    )  # fmt: skip


def _implemented(work: Work, node: Node, found: Implementation) -> None:
    put(node, "taskDefinition", type=found.job_type)
    header(node, found.kind, found.source)
    work.report.check(
        node, "job-type",
        (
            f"由 Java 实现（{shown(found.source)}），已改为作业类型 {found.job_type}。",
            f"is done by Java ({shown(found.source)}); its job type is now {found.job_type}.",
        ),
        (
            "选择内置的适配器，或让外部工作者领取这一类型的作业。",
            "Choose an adapter of ours, or have an outside worker take jobs of this type.",
        ),
    )  # fmt: skip


def _connector(work: Work, node: Node, connector: Node) -> None:
    name = inner_text(connector, "connectorId") or "connector"
    put(node, "taskDefinition", type=slug(name))
    for one in inner(connector, "inputOutput"):
        mappings.write(work, node, one)
    work.report.check(
        node, "connector",
        (
            f"使用连接器 {name}，已改为作业类型 {slug(name)}，其参数成为输入输出映射。",
            f"uses the connector {name}, now its job type; its parameters are mappings.",
        ),
        (
            "选择内置的适配器并核对输入的名称，或提供这一类型的工作者。",
            "Choose an adapter of ours and check the names of its inputs, or provide a worker.",
        ),
    )  # fmt: skip


def _built_in(
    work: Work, node: Node, kind: str, injected: list[Node], result: str | None
) -> bool:
    given = {attribute(one, "name") or "": one for one in injected}
    if kind == "mail":
        _mail(work, node, given)
        return True
    if kind == "dmn" and "decisionTableReferenceKey" in given:
        rename(node, "businessRuleTask")
        key = _field_text(given["decisionTableReferenceKey"])
        decision = work.expressions.text(node, key, ("决策", "decision"))
        put(node, "calledDecision", decisionId=decision, resultVariable=result or "result")
        work.report.check(
            node, "decision-result",
            (
                f"原引擎把决策的各输出写成同名变量；这里整个结果存入 {result or 'result'}。",
                "The other engine wrote each output of the decision into a variable of its name; "
                f"here the whole result goes to {result or 'result'}.",
            ),
            (
                "加上输出映射，把需要的输出取出来。",
                "Add output mappings for the outputs that are needed.",
            ),
        )  # fmt: skip
        return True
    put(node, "taskDefinition", type=slug(kind))
    _inject(work, node, injected)
    what = "内置的" if kind in _BUILT_IN else "自定义的"
    work.report.decide(
        node, "task-type",
        (f"是{what} {kind} 任务，这里没有对应的实现。", f"is a {kind} task, which is not here."),
        (
            f"选择内置的适配器，或提供作业类型 {slug(kind)} 的工作者。",
            f"Choose an adapter of ours, or provide a worker for the job type {slug(kind)}.",
        ),
    )  # fmt: skip
    return True


def _mail(work: Work, node: Node, given: dict[str, Node]) -> None:
    put(node, "taskDefinition", type="mail.send")
    lost = sorted(set(given) - {*_MAIL, "html", "charset"})
    for name, target in _MAIL.items():
        if name in given:
            text = work.expressions.text(
                given[name], _field_text(given[name]), (f"邮件字段 {name}", f"mail field {name}")
            )
            mappings.put_input(node, text, target)
    if "html" in given:
        if "text" not in given:
            html = _field_text(given["html"])
            body = work.expressions.text(given["html"], html, ("邮件正文", "mail body"))
            mappings.put_input(node, body, "body")
        lost.append("html")
    work.report.note(
        node, "mail",
        ("的邮件由适配器 mail.send 发出。", "sends its mail by the adapter mail.send."),
    )  # fmt: skip
    if lost:
        work.report.check(
            node, "mail-fields",
            (
                f"的邮件字段 {'、'.join(lost)} 没有对应的输入：mail.send 只发纯文本，发件人固定。",
                f"has the mail fields {', '.join(lost)} that mail.send lacks: it sends plain text "
                "from one sender.",
            ),
            ("核对收件人和正文。", "Check recipients and body."),
        )  # fmt: skip


def _field_text(node: Node) -> str:
    direct = attribute(node, "stringValue", "expression")
    return direct or inner_text(node, "string", "expression") or ""


def _inject(work: Work, node: Node, injected: list[Node]) -> None:
    """Injected fields: static ones are task headers, computed ones inputs."""
    for one in injected:
        name, text = attribute(one, "name") or "field", _field_text(one)
        if has_expression(text):
            what = (f"字段 {name}", f"field {name}")
            mappings.put_input(node, work.expressions.text(one, text, what), name)
        else:
            header(node, name, text)
    if injected:
        work.report.note(
            node, "fields",
            (
                "注入的字段：固定值成为任务头，表达式成为输入映射。",
                "has injected fields: fixed values are task headers, expressions inputs now.",
            ),
        )  # fmt: skip
