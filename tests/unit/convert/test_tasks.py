"""User tasks, service tasks, scripts, decisions and calls, as our engine reads them afterwards."""

from __future__ import annotations

import pytest

from engine import bpmn
from engine.model import Binding
from tests.unit.convert.foreign import (
    around,
    converted,
    diagram,
    element,
    ext,
    finding,
    parsed,
    rules,
    task,
)


def test_a_user_task_keeps_who_when_and_how_urgent() -> None:
    a, result = task(
        '<userTask id="a" x:assignee="${customer.owner}" x:candidateUsers="li, wang" '
        'x:candidateGroups="care,${team}" x:dueDate="P3D" x:followUpDate="2026-01-31T09:00:00" '
        'x:priority="${level * 10}"/>'
    )
    assert a.user is not None
    assert a.user.assignee == "=customer.owner"
    assert a.user.candidate_users == "li,wang"
    assert a.user.candidate_groups == '=flatten(["care", team])'
    assert a.user.due == '=now() + duration("P3D")'
    assert a.user.follow_up == "2026-01-31T09:00:00"
    assert a.user.priority == "=level * 10"
    assert not result.open


def test_standard_performers_count_as_well() -> None:
    a, _ = task(
        '<userTask id="a"><humanPerformer><resourceAssignmentExpression><formalExpression>kermit'
        "</formalExpression></resourceAssignmentExpression></humanPerformer><potentialOwner>"
        "<resourceAssignmentExpression><formalExpression>user(fozzie), group(accounts), sales"
        "</formalExpression></resourceAssignmentExpression></potentialOwner></userTask>",
        vendor="activiti",
    )
    assert a.user is not None
    assert a.user.assignee == "kermit"
    assert a.user.candidate_users == "fozzie"
    assert a.user.candidate_groups == "accounts,sales"


def test_a_bean_as_assignee_is_a_decision_and_runs_nowhere() -> None:
    a, result = task('<userTask id="a" name="Review" x:assignee="${ldap.find(emp)}"/>')
    found = finding(result, "expression")
    assert (found.severity, found.element_id, found.element_name) == ("error", "a", "Review")
    assert found.line == 5
    assert "ldap.find(emp)" in found.zh
    assert found.remedy_zh
    assert found.remedy_en
    assert a.user is not None
    assert a.user.assignee == "=${ldap.find(emp)}"


def test_a_priority_beyond_the_scale_is_cut() -> None:
    a, result = task('<userTask id="a" x:assignee="li" x:priority="5000"/>')
    assert a.user is not None
    assert a.user.priority == "100"
    assert rules(result)["priority"] == "warning"


@pytest.mark.parametrize(
    ("attributes", "type_"),
    [
        ('x:class="com.acme.SendOffer"', "sendOffer"),
        ('x:delegateExpression="${sendOffer}"', "sendOffer"),
        ('x:expression="#{offers.send(customer, 1)}"', "offers.send"),
        ('x:expression="${offers.count}"', "offers.count"),
    ],
)
def test_java_becomes_a_job_type(attributes: str, type_: str) -> None:
    a, result = task(f'<serviceTask id="a" {attributes} x:resultVariable="r"/>')
    assert a.job is not None
    assert a.job.type == type_
    assert a.job.headers["resultVariable"] == "r"
    assert rules(result)["job-type"] == "warning"


def test_two_classes_of_one_name_are_two_job_types() -> None:
    result = converted(
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        b'xmlns:x="http://camunda.org/schema/1.0/bpmn"><process id="p">'
        b'<serviceTask id="a" x:class="one.Send"/><serviceTask id="b" x:class="two.Send"/>'
        b'<serviceTask id="c" x:class="one.Send"/></process></definitions>'
    )
    assert [element(result, one).task_type for one in "abc"] == ["send", "two.Send", "send"]


def test_a_topic_is_the_job_type() -> None:
    a, result = task('<serviceTask id="a" x:type="external" x:topic="invoice"/>')
    assert a.task_type == "invoice"
    assert not result.open


def test_what_only_computes_becomes_a_script() -> None:
    a, result = task('<serviceTask id="a" x:expression="${amount * 2}" x:resultVariable="total"/>')
    assert a.type == "scriptTask"
    assert a.script is not None
    assert (a.script.expression, a.script.result) == ("=amount * 2", "total")
    b, _ = task("<serviceTask id=\"a\" x:expression=\"${execution.setVariable('state', 'new')}\"/>")
    assert b.script is not None
    assert (b.script.expression, b.script.result) == ('="new"', "state")
    assert not result.open


def test_a_task_without_work_is_a_decision() -> None:
    _, result = task('<serviceTask id="a"/>')
    assert rules(result)["definition-required"] == "error"


def test_injected_fields_are_headers_and_inputs() -> None:
    a, _ = task(
        '<serviceTask id="a" x:class="c.Send">'
        + ext(
            '<x:field name="channel" stringValue="sms"/>',
            '<x:field name="text"><x:expression>Hi ${name}</x:expression></x:field>',
        )
        + "</serviceTask>",
    )
    assert a.job is not None
    assert a.job.headers["channel"] == "sms"
    assert [(one.source, one.target) for one in a.inputs] == [
        ('=string join(["Hi ", string(name)])', "text")
    ]


@pytest.mark.parametrize("vendor", ["flowable", "activiti"])
def test_mail_is_sent_by_our_adapter(vendor: str) -> None:
    a, result = task(
        '<serviceTask id="a" x:type="mail">'
        + ext(
            '<x:field name="to"><x:expression>${customer.mail}</x:expression></x:field>',
            '<x:field name="subject" stringValue="Your order"/>',
            '<x:field name="text"><x:string><![CDATA[Thank you]]></x:string></x:field>',
            '<x:field name="from" stringValue="shop@example.com"/>',
        )
        + "</serviceTask>",
        vendor=vendor,
    )
    assert a.task_type == "mail.send"
    assert {one.target: one.source for one in a.inputs} == {
        "to": "=customer.mail", "subject": "Your order", "body": "Thank you",
    }  # fmt: skip
    assert rules(result)["mail-fields"] == "warning"


def test_mappings_with_lists_maps_and_scripts() -> None:
    a, result = task(
        '<serviceTask id="a" x:type="external" x:topic="t">'
        + ext(
            '<x:inputOutput><x:inputParameter name="plain">abc</x:inputParameter>'
            '<x:inputParameter name="one">${x + 1}</x:inputParameter>'
            '<x:inputParameter name="list"><x:list><x:value>a</x:value><x:value>${b}</x:value>'
            "</x:list></x:inputParameter>"
            '<x:inputParameter name="map"><x:map><x:entry key="k k">${v}</x:entry></x:map>'
            "</x:inputParameter>"
            '<x:inputParameter name="feel"><x:script scriptFormat="feel">x ** 2</x:script>'
            "</x:inputParameter>"
            '<x:inputParameter name="empty"/>'
            '<x:outputParameter name="out"><x:script scriptFormat="groovy">1</x:script>'
            "</x:outputParameter></x:inputOutput>"
        )
        + "</serviceTask>",
    )
    assert {one.target: one.source for one in a.inputs} == {
        "plain": "abc", "one": "=x + 1", "list": '=["a", b]', "map": '={"k k": v}',
        "feel": "=x ** 2", "empty": "=null",
    }  # fmt: skip
    assert a.outputs[0].source.startswith("=${")
    assert rules(result)["mapping"] == "error"
    assert rules(result)["output-scope"] == "warning"


def test_retries_and_what_is_dropped() -> None:
    a, result = task(
        '<serviceTask id="a" x:type="external" x:topic="t" x:asyncBefore="true" '
        'x:jobPriority="5" x:exclusive="false">'
        + ext("<x:failedJobRetryTimeCycle>R5/PT10M</x:failedJobRetryTimeCycle>")
        + "</serviceTask>"
    )
    assert a.job is not None
    assert a.job.retries == "5"
    assert a.job.headers["retryBackoff"] == "PT10M"
    assert "asyncBefore" in finding(result, "dropped").en


@pytest.mark.parametrize(("language", "text"), [("juel", "${a + 1}"), ("feel", "a + 1")])
def test_scripts_we_can_read(language: str, text: str) -> None:
    a, result = task(
        f'<scriptTask id="a" scriptFormat="{language}" x:resultVariable="r">'
        f"<script>{text}</script></scriptTask>"
    )
    assert a.script is not None
    assert (a.script.expression, a.script.result) == ("=a + 1", "r")
    assert not result.open


@pytest.mark.parametrize("language", ["groovy", "javascript", "python"])
def test_scripts_we_never_run_are_decisions(language: str) -> None:
    a, result = task(
        f'<scriptTask id="a" scriptFormat="{language}"><script>x = 1</script></scriptTask>'
    )
    assert a.script is None
    assert "x = 1" in finding(result, "script").zh
    b, _ = task(
        f'<scriptTask id="a" scriptFormat="{language}" x:resultVariable="r"><script>1</script>'
        "</scriptTask>"
    )
    assert b.script is not None
    assert (b.script.expression, b.script.result) == (f"=${{{language}}}", "r")


def test_a_call_passes_what_was_mapped_and_nothing_else() -> None:
    a, result = task(
        '<callActivity id="a" calledElement="child" x:calledElementBinding="versionTag" '
        'x:calledElementVersionTag="v2">'
        + ext(
            '<x:in source="customer" target="client"/>',
            '<x:in sourceExpression="${amount * 2}" target="double"/>',
            '<x:in businessKey="#{execution.processBusinessKey}"/>',
            '<x:out source="answer" target="reply"/>',
        )
        + "</callActivity>"
    )
    assert a.reference is not None
    assert (a.reference.target, a.reference.binding) == ("child", Binding("versionTag", "v2"))
    assert (a.reference.all_parent, a.reference.all_child) == (False, False)
    assert [(one.source, one.target) for one in a.inputs] == [
        ("=customer", "client"), ("=amount * 2", "double"),
    ]  # fmt: skip
    assert [(one.source, one.target) for one in a.outputs] == [("=answer", "reply")]
    assert not result.open


def test_a_call_that_passes_everything() -> None:
    a, _ = task(
        '<callActivity id="a" calledElement="${which}">'
        + ext('<x:in variables="all"/>', '<x:out variables="all"/>')
        + "</callActivity>"
    )
    assert a.reference is not None
    assert a.reference.target == "=which"
    assert (a.reference.all_parent, a.reference.all_child) == (True, True)


def test_flowable_calls() -> None:
    a, _ = task(
        '<callActivity id="a" calledElement="child" x:inheritVariables="true" '
        'x:sameDeployment="true"/>',
        vendor="flowable",
    )
    assert a.reference is not None
    assert a.reference.binding == Binding("deployment")
    assert a.reference.all_parent


def test_a_version_number_is_a_decision() -> None:
    _, result = task(
        '<callActivity id="a" calledElement="c" x:calledElementBinding="version" '
        'x:calledElementVersion="17"/>'
    )
    assert rules(result)["binding-version"] == "error"
    assert "17" in finding(result, "binding-version").zh
    refused = bpmn.lint(parsed(result), bpmn.Known())
    assert "version-tag" in {one.rule for one in refused if one.severity == "error"}


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
 namespace="n"><decision id="rate" name="rate"><decisionTable hitPolicy="{policy}">
 <input><inputExpression><text>x</text></inputExpression></input>{outputs}
 </decisionTable></decision></definitions>"""
ONE = '<output name="price"/>'
TWO = '<output name="price"/><output name="unit"/>'


@pytest.mark.parametrize(
    ("shape", "policy", "outputs", "mapping"),
    [
        ("singleEntry", "UNIQUE", ONE, None),
        ("singleResult", "FIRST", TWO, None),
        ("singleResult", "UNIQUE", ONE, '=if r = null then null else {"price": r}'),
        ("collectEntries", "COLLECT", ONE, None),
        ("resultList", "COLLECT", TWO, None),
        ("resultList", "COLLECT", ONE, '=for x in r return {"price": x}'),
        ("resultList", "UNIQUE", TWO, "=if r = null then [] else [r]"),
    ],
)
def test_a_decision_keeps_the_shape_of_its_result(
    shape: str, policy: str, outputs: str, mapping: str | None
) -> None:
    body = (
        f'<businessRuleTask id="a" x:decisionRef="rate" x:mapDecisionResult="{shape}" '
        'x:resultVariable="r" x:decisionRefBinding="deployment"/>'
    )
    table = TABLE.format(policy=policy, outputs=outputs).encode()
    result = converted(diagram(around(body)), rate_dmn=table)
    a = element(result)
    assert a.reference is not None
    assert (a.reference.target, a.reference.result) == ("rate", "r")
    assert a.reference.binding == Binding("deployment")
    assert [one.source for one in a.outputs] == ([] if mapping is None else [mapping])


def test_an_unknown_decision_must_be_checked() -> None:
    _, result = task(
        '<businessRuleTask id="a" x:decisionRef="rate" x:mapDecisionResult="singleResult" '
        'x:resultVariable="r"/>'
    )
    assert rules(result)["decision-result"] == "warning"


def test_flowable_decision_tasks() -> None:
    a, result = task(
        '<serviceTask id="a" x:type="dmn">'
        + ext(
            '<x:field name="decisionTableReferenceKey"><x:string>rate</x:string></x:field>'
        )
        + "</serviceTask>",
        vendor="flowable",
    )
    assert (a.type, a.called) == ("businessRuleTask", "rate")
    assert result.open


def test_listeners_get_job_types() -> None:
    _, result = task(
        '<userTask id="a" x:assignee="li">'
        + ext(
            '<x:taskListener event="create" class="c.Notify"/>',
            '<x:taskListener event="timeout" class="c.Late"/>',
            '<x:executionListener event="end" delegateExpression="${audit}"/>',
            '<x:executionListener event="start"><x:script scriptFormat="groovy">y</x:script>'
            "</x:executionListener>",
        )
        + "</userTask>"
    )
    text = result.files[0].content.decode()
    assert '<zeebe:taskListener eventType="creating" type="notify" retries="3"/>' in text
    assert '<zeebe:executionListener eventType="end" type="audit" retries="3"/>' in text
    assert '<zeebe:executionListener eventType="start" type="a.start" retries="3"/>' in text
    severities = [one.severity for one in result.findings if one.rule == "listener"]
    assert sorted(severities) == ["error", "error", "warning", "warning"]


def test_listeners_stand_where_ours_can() -> None:
    def heard(event: str, name: str) -> str:
        return ext(f'<x:executionListener event="{event}" class="c.{name}">'
                   f'<x:field name="to"><x:string>ops</x:string></x:field></x:executionListener>')

    content = (
        heard("start", "Open")
        + f'<startEvent id="s">{heard("start", "Begin")}</startEvent>'
        + '<userTask id="a" x:assignee="li">'
        + ext('<x:taskListener event="all" class="c.Note"/>') + "</userTask>"
        + '<exclusiveGateway id="g" default="f3"/><endEvent id="e"/><endEvent id="e2"/>'
        + f'<sequenceFlow id="f5" sourceRef="g" targetRef="e2">{heard("take", "Two")}'
        + "<conditionExpression>${early}</conditionExpression></sequenceFlow>"
        + f'<sequenceFlow id="f1" sourceRef="s" targetRef="a">{heard("take", "One")}</sequenceFlow>'
        + '<sequenceFlow id="f2" sourceRef="a" targetRef="g"/>'
        + '<sequenceFlow id="f3" sourceRef="g" targetRef="e"/>'
        + f'<sequenceFlow id="f4" sourceRef="g" targetRef="e">{heard("take", "Lost")}'
        + "<conditionExpression>${late}</conditionExpression></sequenceFlow>"
    )
    result = converted(diagram(content))
    (process,) = parsed(result).processes
    assert [(one.event, one.job.type) for one in process.listeners] == [("start", "open")]
    assert [(one.event, one.job.type) for one in process.elements["s"].listeners] == [
        ("end", "begin"), ("end", "one"),
    ]  # fmt: skip
    assert process.elements["s"].listeners[0].job.headers == {"to": "ops"}
    assert [one.event for one in process.elements["a"].listeners] == [
        "creating", "assigning", "completing", "canceling",
    ]  # fmt: skip
    assert [(x.event, x.job.type) for x in process.elements["e2"].listeners] == [("start", "two")]
    lost = [one for one in result.findings if one.rule == "listener" and one.severity == "error"]
    assert [one.element_id for one in lost] == ["f4"]
    checked = bpmn.lint(parsed(result), bpmn.Known())
    assert "unsupported" not in {one.rule for one in checked}


def test_a_computed_field_of_a_listener_is_a_decision() -> None:
    _, result = task(
        '<userTask id="a" x:assignee="li">'
        + ext('<x:taskListener event="create" class="c.Notify"><x:field name="to" '
              'expression="${boss.mail}"/></x:taskListener>')
        + "</userTask>"
    )
    errors = [one for one in result.findings if one.severity == "error"]
    assert [one.rule for one in errors] == ["listener"]
    assert "boss.mail" in errors[0].zh


def test_nothing_foreign_is_lost_in_silence() -> None:
    _, result = task(
        '<userTask id="a" x:assignee="li" x:shoeSize="43">'
        + ext("<x:teleport target='mars'/>", "<x:properties><x:property name='k' value='v'/>"
              "</x:properties>")
        + "</userTask>"
    )
    told = " ".join(one.en for one in result.findings)
    assert "shoeSize=43" in told
    assert "<teleport>" in told
    assert element(result).properties == {"k": "v"}
    assert b"mars" not in result.files[0].content
