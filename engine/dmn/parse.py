"""File → model, refusing what cannot run."""

from __future__ import annotations

from collections.abc import Mapping

from engine.dmn.errors import DmnInvalid, finding
from engine.dmn.model import Model
from engine.dmn.reader import read
from engine.dmn.table import AGGREGATIONS, HIT_POLICIES
from engine.dmn import elements as dmn
from engine.model import Finding


def parse(content: bytes, filename: str, imported: Mapping[str, Model] | None = None) -> Model:
    """The model in a DMN file (versions 1.1–1.5, any prefix). ``imported``: models by namespace
    that the file may import. DmnInvalid with all findings if anything in it cannot run."""
    model = load(content, filename, imported)
    found = faults(model)
    if any(item.severity == "error" for item in found):
        raise DmnInvalid(found)
    return model


def load(content: bytes, filename: str, imported: Mapping[str, Model] | None = None) -> Model:
    """Like ``parse``, but with null for what cannot run; ``faults`` lists it."""
    return Model(read(content, filename), imported or {})


def faults(model: Model) -> list[Finding]:
    """What in a model cannot run."""
    source = model.source
    found = [
        finding(
            "feel", source.filename,
            f"{place.zh}：{error.zh}" if place.zh else error.zh,
            f"{place.en}: {error.en}" if place.en else error.en,
            line=place.line, id=place.id or None,
        )
        for place, error in model.boxes.faults
    ]  # fmt: skip
    found += [
        finding("item-type", source.filename, zh, en, line=item.line, name=item.name)
        for item, zh, en in model.types.problems
    ]
    found += [
        finding(
            "import", source.filename,
            f"导入的模型 {item.namespace} 没有一起提供。",
            f"The imported model {item.namespace} was not given.",
        )
        for item in source.imports
        if "DMN" in item.type and item.name not in model.imports
    ]  # fmt: skip
    for element in source.elements.values():
        found += _references(model, element)
        found += _policies(source, element)
    return found


def _references(model: Model, element: dmn.Element) -> list[Finding]:
    service = element.service
    hrefs = [*element.requires, *element.knows]
    if service is not None:
        hrefs += [*service.outputs, *service.input_decisions, *service.input_data]
    return [
        finding(
            "reference", model.source.filename,
            f"“{element.name}”引用的 {href} 不存在。",
            f"{element.name!r} refers to {href}, which does not exist.",
            line=element.line, id=element.id, name=element.name,
        )
        for href in hrefs
        if model.resolve(href) is None
    ]  # fmt: skip


def _policies(source: dmn.Definitions, element: dmn.Element) -> list[Finding]:
    table = element.logic
    if not isinstance(table, dmn.DecisionTable):
        return []
    if table.hit_policy in HIT_POLICIES and table.aggregation in AGGREGATIONS:
        return []
    return [
        finding(
            "hit-policy", source.filename,
            f"命中策略 {table.hit_policy} {table.aggregation} 不存在。",
            f"There is no hit policy {table.hit_policy} {table.aggregation}.",
            remedy=("请用 UNIQUE、FIRST、ANY、PRIORITY、COLLECT、RULE ORDER 或 OUTPUT ORDER。",
                    "Use UNIQUE, FIRST, ANY, PRIORITY, COLLECT, RULE ORDER or OUTPUT ORDER."),
            line=table.line, id=element.id, name=element.name,
        )
    ]  # fmt: skip
