"""Which rule of which table a limit comes from, read off the record of a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.clocks.clock import Rule
from engine.model import Json


def rule_of(
    record: Mapping[str, Json] | None, seen: Mapping[str, Json], inputs: Sequence[str]
) -> Rule:
    """The rule that a record names: of the decision itself, else of the table among those it
    requires whose output says the span. ``inputs`` are the names of what the decision asks for,
    ``seen`` the variables it saw. Without a record: an empty rule."""
    if not record:
        return Rule()
    given = {name: seen[name] for name in inputs if name in seen}
    tables = [one for one in _tables(record) if one.get("rules")]
    spanned = [one for one in tables if _spans(one.get("output"))]
    table = next(iter([*spanned, *tables]), None)
    decision, version = str(record["decision"]), int(record.get("version") or 0)
    if table is None:
        return Rule(decision, version, name=str(record.get("name") or ""), inputs=given)
    rule = table["rules"][0]
    return Rule(
        decision, version, str(table["decision"]), str(table.get("name") or ""),
        int(rule.get("index") or 0), str(rule.get("id") or ""),
        str(rule.get("annotation") or ""), given,
    )


def _tables(record: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    yield record
    for required in record.get("required") or ():
        yield from _tables(required)


def _spans(output: Json) -> bool:
    return isinstance(output, dict) and "span" in output
