"""A compiled DMN file: its decisions, and how they are evaluated through the requirements graph
(DMN 1.5 §6 and §10.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.dmn import elements as dmn
from engine.dmn.boxed import Boxes
from engine.dmn.item_types import ItemTypes
from engine.dmn.texts import Closure, Text, fitted
from engine.dmn.trace import Problem, Trace, new_record, shown
from engine.errors import ExpressionFailed, NotFound
from engine.feel import DEFAULT, FeelError, Function, Limits, compile_expression
from engine.feel.limits import too_deep
from engine.feel.scope import MISSING, Frame
from engine.feel.types import Type
from engine.feel.values import Value

_MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class DecisionInfo:
    """``inputs``: the variables the decision asks its caller for, itself or through others;
    ``version_tag``: what a binding by version tag means."""

    id: str
    name: str
    inputs: tuple[str, ...]
    version_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``value`` is a FEEL value; ``record`` plain JSON for history; ``problems`` in order."""

    value: Value
    record: dict[str, Any]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """An element as another file sees it: under a prefix, "" within the same file."""

    prefix: str
    model: Model
    element: dmn.Element


class Model:
    """One file, compiled. Shared by all evaluations and never changed after."""

    def __init__(self, source: dmn.Definitions, imported: Mapping[str, Model]) -> None:
        self.source = source
        self.imports = {
            item.name: imported[item.namespace]
            for item in source.imports
            if item.namespace in imported
        }
        prefixes = {name: model.types for name, model in self.imports.items()}
        self.types: ItemTypes = ItemTypes(source.items, prefixes)
        self.boxes = Boxes(self.types, _members(source, self.imports))
        self._logic: dict[str, Closure] = {}
        self._types: dict[str, Type | None] = {}
        self._texts: dict[str, list[Text] | None] = {}
        for element in source.elements.values():
            self._types[element.id] = self.types.named(element.type_ref)
            first, wrong = len(self.boxes.texts), len(self.boxes.faults)
            self._logic[element.id] = self._compile(element)
            whole = len(self.boxes.faults) == wrong
            self._texts[element.id] = self.boxes.texts[first:] if whole else None
        self.decisions = {
            element.id: DecisionInfo(
                element.id, element.name, self._inputs(element), element.version_tag
            )
            for element in source.elements.values()
            if element.kind == "decision"
        }

    def evaluate(
        self,
        decision_id: str,
        context: Mapping[str, Any],
        functions: Mapping[str, Function] | None = None,
        *,
        limits: Limits = DEFAULT,
    ) -> Evaluation:
        """The value of a decision for these variables. NotFound if there is no such decision;
        ExpressionFailed (with ``details['problems']`` and ``['record']``) if rules contradict
        the hit policy, a value does not fit its type, or a limit is passed. No rule matching is
        no failure: the value is null and ``problems`` says so."""
        evaluation = self.attempt(decision_id, context, functions, limits=limits)
        fatal = [problem for problem in evaluation.problems if problem.fatal]
        if fatal:
            name = self.decisions[decision_id].name
            raise ExpressionFailed(
                f"决策“{name}”（{decision_id}）：{fatal[0].zh}",
                f"Decision {name!r} ({decision_id}): {fatal[0].en}",
                decision=decision_id,
                record=evaluation.record,
                problems=[problem.kind for problem in fatal],
            )
        return evaluation

    def attempt(
        self,
        decision_id: str,
        context: Mapping[str, Any],
        functions: Mapping[str, Function] | None = None,
        *,
        limits: Limits = DEFAULT,
        given: Mapping[str, Value] | None = None,
    ) -> Evaluation:
        """Like ``evaluate`` but with null where the standard says null; problems do not raise.
        ``given`` are values of decisions by id that are not evaluated."""
        element = self.source.elements.get(decision_id)
        if element is None or element.kind != "decision":
            raise NotFound(
                f"没有决策 {decision_id}；文件 {self.source.filename} 里有："
                f"{'、'.join(self.decisions) or '（无）'}。",
                f"There is no decision {decision_id}; {self.source.filename} has: "
                f"{', '.join(self.decisions) or 'none'}.",
                decision=decision_id,
            )
        trace = Trace(limits)
        outer = Frame({**functions, **context} if functions else context, None, trace)
        session = Session(outer, trace, dict(_qualified(self, given)))
        try:
            value = session.decision(self, element)
        except FeelError as error:
            raise _failed(element, error) from error
        except RecursionError:
            raise _failed(element, too_deep()) from None
        return Evaluation(value, session.finished, tuple(trace.problems))

    def serve(self, service: dmn.Element, given: Mapping[str, Value]) -> dict[str, Value]:
        """The values of a decision service's output decisions, by name."""
        trace = Trace()
        session = Session(Frame({}, Frame({}, None, trace), trace), trace, {})
        try:
            result = session.serve(self, service, given)
        except FeelError as error:
            raise _failed(service, error) from error
        assert service.service is not None
        outputs = map(self.resolve, service.service.outputs)
        names = [found.element.name for found in outputs if found]
        if len(names) == 1:
            return {names[0]: result}
        return result if type(result) is dict else dict.fromkeys(names)

    def service(self, name: str) -> dmn.Element | None:
        """The decision service of that id or name."""
        for element in self.source.elements.values():
            if element.kind == "decisionService" and name in (element.id, element.name):
                return element
        return None

    def resolve(self, href: str) -> Reference | None:
        """The element a reference means, here or in an imported file; None if there is none."""
        namespace, _, identity = href.rpartition("#")
        if identity in self.source.elements and namespace in ("", self.source.namespace):
            return Reference("", self, self.source.elements[identity])
        for prefix, model in self.imports.items():
            if namespace == model.source.namespace and identity in model.source.elements:
                return Reference(prefix, model, model.source.elements[identity])
        return None

    def logic(self, element: dmn.Element) -> Closure:
        return self._logic[element.id]

    def names_known(self) -> frozenset[str]:
        """The names that the inputs of the file's tables read, and those that are declared."""
        names = {one.variable for one in self.source.elements.values()} | set(self.imports)
        for text in self.boxes.texts:
            names |= set(text.scope)
        for box, _ in self.boxes.tables:
            for item in box.inputs:
                try:
                    read = compile_expression(item.expression, unknown_functions=True)
                except FeelError:
                    continue
                names |= {*read.variables, *read.possible}
        return frozenset(names)

    def names_read(self, element: dmn.Element) -> set[str] | None:
        """The names the FEEL texts of a decision read; None if some do not compile."""
        own = self._texts[element.id]
        if own is None:
            return None
        compiled = [text.compiled for text in own]
        return {name for one in compiled for name in (*one.variables, *one.possible, *one.calls)}

    def type_of(self, element: dmn.Element) -> Type | None:
        return self._types[element.id]

    def _compile(self, element: dmn.Element) -> Closure:
        scope: dict[str, Type | None] = {element.variable: None, **dict.fromkeys(self.imports)}
        references = filter(None, map(self.resolve, (*element.requires, *element.knows)))
        closed = element.kind == "businessKnowledgeModel"
        for found in references:
            known = found.model.types.named(found.element.type_ref)
            is_value = found.element.kind in ("decision", "inputData") and not found.prefix
            scope[found.prefix or found.element.variable] = known if is_value else None
            closed = closed or found.element.kind == "inputData"
        self.boxes.scope, self.boxes.closed = scope, closed
        if isinstance(element.logic, dmn.FunctionDefinition) and element.kind != "decision":
            return self.boxes.function_of(element.logic, element.name, element.type_ref)
        return self.boxes.compile(element.logic)

    def _inputs(self, element: dmn.Element) -> tuple[str, ...]:
        found: dict[str, None] = {}
        self._collect(element, found, set())
        return tuple(found)

    def _collect(self, element: dmn.Element, found: dict[str, None], seen: set[str]) -> None:
        if element.id in seen:
            return
        seen.add(element.id)
        local: set[str] = set()
        for href in (*element.requires, *element.knows):
            reference = self.resolve(href)
            if reference is None:
                continue
            local.add(reference.prefix or reference.element.variable)
            if reference.element.kind == "inputData":
                found[reference.element.variable] = None
            else:
                reference.model._collect(reference.element, found, seen)
        for name in self._free(element.logic):
            if name not in local:
                found[name] = None

    def _free(self, logic: dmn.Boxed | None) -> list[str]:
        """The variables a decision table's inputs or a literal expression read."""
        texts: list[str] = []
        if isinstance(logic, dmn.DecisionTable):
            texts = [item.expression for item in logic.inputs]
        elif isinstance(logic, dmn.LiteralExpression):
            texts = [logic.text]
        known = {one.compiled.text: one.compiled for one in self.boxes.texts}
        return [name for text in texts if text in known for name in sorted(known[text].variables)]


class Session:
    """One evaluation: what was computed already, and the records of the decisions."""

    def __init__(
        self, outer: Frame, trace: Trace, memo: dict[tuple[str, str], Value], depth: int = 0
    ) -> None:
        self._outer = outer
        self._trace = trace
        self._memo = memo
        self._depth = depth
        self.finished: dict[str, Any] = {}

    def decision(self, model: Model, element: dmn.Element) -> Value:
        """The value of a decision; each is evaluated once."""
        key = (model.source.namespace, element.id)
        if key in self._memo:
            return self._memo[key]
        self._memo[key] = None
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise too_deep(_MAX_DEPTH)
        above = self._trace.record
        record = new_record(element.id, element.name)
        self._trace.record = record
        values = self._requirements(model, element, record)
        self._trace.record = record
        value = model.logic(element)(self._outer.inner(values))
        value = fitted(value, model.type_of(element), self._outer, element.id)
        record["output"] = shown(value)
        self._trace.record = above
        self.finished = record
        self._depth -= 1
        self._memo[key] = value
        return value

    def _requirements(
        self, model: Model, element: dmn.Element, record: dict[str, Any]
    ) -> dict[str, Value]:
        """The scope of a decision or function: what it requires, by name."""
        values: dict[str, Value] = {}
        for href in (*element.requires, *element.knows):
            reference = model.resolve(href)
            if reference is None:
                continue
            value = self._value(reference, record)
            name = reference.element.variable
            if not reference.prefix:
                values[name] = value
            else:
                values[reference.prefix] = {**values.get(reference.prefix, {}), name: value}
        if element.kind == "decision":
            self._trace.inputs(
                {name: value for name, value in values.items() if not _is_function(value)}
            )
        return values

    def _value(self, reference: Reference, record: dict[str, Any]) -> Value:
        model, element = reference.model, reference.element
        if element.kind == "decision":
            known = (model.source.namespace, element.id) in self._memo
            value = self.decision(model, element)
            if not known:
                record["required"].append(self.finished)
            return value
        if element.kind == "inputData":
            return self._input(reference)
        if element.kind == "businessKnowledgeModel":
            return self._function(model, element)
        return self._service(model, element) if element.service is not None else None

    def _input(self, reference: Reference) -> Value:
        name = reference.element.variable
        value = self._outer.read(name)
        if reference.prefix:
            container = self._outer.read(reference.prefix)
            if type(container) is dict:
                value = container.get(name)
        if value is MISSING:
            value = None
        return fitted(
            value, reference.model.type_of(reference.element), self._outer, reference.element.id
        )

    def _function(self, model: Model, element: dmn.Element) -> Value:
        """The function of a business knowledge model; it may call itself."""
        key = (model.source.namespace, element.id)
        if key in self._memo:
            return self._memo[key]
        values: dict[str, Value] = {}
        function = model.logic(element)(self._outer.inner(values))
        self._memo[key] = function
        values[element.variable] = function
        values.update(self._requirements(model, element, new_record(element.id, element.name)))
        return function

    def _service(self, model: Model, element: dmn.Element) -> Function:
        """A decision service as a function of its input data and input decisions."""
        assert element.service is not None
        service = element.service
        hrefs = (*service.input_data, *service.input_decisions)
        parameters = [found for found in map(model.resolve, hrefs) if found is not None]
        names = tuple(found.element.variable for found in parameters)

        def call(*arguments: Value) -> Value:
            return self.serve(model, element, dict(zip(names, arguments, strict=True)))

        types = tuple(found.model.type_of(found.element) for found in parameters)
        result = model.type_of(element)
        return Function(element.name, names, call, types=types, result=result, native=True)

    def serve(self, model: Model, element: dmn.Element, given: Mapping[str, Value]) -> Value:
        """The result of a decision service: one decision's value, or a context of several."""
        results = self.outputs(model, element, given)
        if results is None:
            return None
        result = next(iter(results.values())) if len(results) == 1 else results
        return fitted(result, model.type_of(element), self._outer, element.id)

    def outputs(
        self, model: Model, element: dmn.Element, given: Mapping[str, Value]
    ) -> dict[str, Value] | None:
        """The values of a service's output decisions by name; None if ``given`` does not fit."""
        assert element.service is not None
        values: dict[str, Value] = {}
        memo: dict[tuple[str, str], Value] = {}
        hrefs = (*element.service.input_data, *element.service.input_decisions)
        for reference in filter(None, map(model.resolve, hrefs)):
            value = given.get(reference.element.variable)
            kind = reference.model.type_of(reference.element)
            coerced = fitted(value, kind, self._outer, reference.element.id)
            if coerced is None and value is not None:
                return None
            if reference.element.kind == "decision":
                memo[reference.model.source.namespace, reference.element.id] = coerced
            else:
                values[reference.element.variable] = coerced
        outer = Frame(values, Frame({}, None, self._trace), self._trace)
        inner = Session(outer, self._trace, memo, self._depth + 1)
        if self._depth > _MAX_DEPTH:
            raise too_deep(_MAX_DEPTH)
        outputs = [found for found in map(model.resolve, element.service.outputs) if found]
        return {
            found.element.variable: inner.decision(found.model, found.element) for found in outputs
        }


def _qualified(
    model: Model, given: Mapping[str, Value] | None
) -> Iterable[tuple[tuple[str, str], Value]]:
    return (((model.source.namespace, key), value) for key, value in (given or {}).items())


def _is_function(value: Value) -> bool:
    return isinstance(value, Function) or (
        type(value) is dict and any(isinstance(item, Function) for item in value.values())
    )


def _failed(element: dmn.Element, error: FeelError) -> ExpressionFailed:
    return ExpressionFailed(
        f"决策“{element.name}”（{element.id}）：{error.zh}",
        f"Decision {element.name!r} ({element.id}): {error.en}",
        decision=element.id,
    )


def _members(source: dmn.Definitions, imports: Mapping[str, Model]) -> set[str]:
    """Every name that an entry of a context may have in this file."""
    names: set[str] = set()
    for model in imports.values():
        names.update(model.boxes.members)
        names.update(element.variable for element in model.source.elements.values())
    for item in source.items:
        _item_names(item, names)
    for element in source.elements.values():
        _boxed_names(element.logic, names)
        if element.kind == "decision":
            names.add(element.variable)
    return names


def _item_names(item: dmn.ItemDefinition, names: set[str]) -> None:
    for part in item.components:
        names.add(part.name)
        _item_names(part, names)


def _boxed_names(box: object, names: set[str]) -> None:
    """The entries that boxed contexts, relations and tables make."""
    if isinstance(box, dmn.Context):
        names.update(entry.name for entry in box.entries if entry.name)
    elif isinstance(box, dmn.Relation):
        names.update(name for name, _ in box.columns)
    elif isinstance(box, dmn.DecisionTable):
        names.update(output.name for output in box.outputs if output.name)
    for part in _parts(box):
        _boxed_names(part, names)


def _parts(box: object) -> Iterable[object]:
    if isinstance(box, tuple):
        return box
    if isinstance(box, dmn.ContextEntry):
        return (box.value,)
    if isinstance(box, dmn.Boxed):
        return tuple(getattr(box, slot) for slot in type(box).__slots__)
    return ()
