"""Random damage to files: XML trees, JSON values, bytes. The same dice do the same damage."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

from lxml import etree

TEXTS = [
    "", " ", "=", "=1", "=null", "=missing", "=missing.a.b", '="x"', "=[1,2]", "=[]", "={a: 1}",
    "=true", "=1 +", "=for i in 1..100000 return i", "=for i in 1..1000000000 return i",
    "=function(x) x", "=(function(f) f(f))(function(f) f(f))", "=1/0", "=10**400", "=@\"P1D\"",
    "=now()", '=date("2026-02-30")', '=duration("P99999999999Y")', '=matches("aaa", "(a+)+$")',
    "=" + "(" * 300 + "1" + ")" * 300, "=" + "-" * 3000 + "1", "=if true then 1", "-", "not(1)",
    "true", "false", "0", "-1", "1e999", "NaN", "99999999999999999999", "PT1H", "-PT1H", "P0D",
    "P999999999D", "R/PT1H", "R/PT0S", "R999999999/PT1S", "R3/2026-01-01T00:00:00Z/P1M",
    "2026-03-02T09:00:00+08:00", "9999-12-31T23:59:59Z", "0001-01-01", "0 0 * * *", "投诉", "a b",
    "x" * 5000, "<x/>", "${x}", "\u202e", "𝄞", "constructor", "a.b", "a..b", "#", "urn:x",
]  # fmt: skip
ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 10**30, "", "=", "=1 +", "=x", "x", "投诉", "a.b",
    [], [None], [[]], {}, {"a": None}, "x" * 5000, "textfield", "select", "group", "=1/0",
    "2026-02-30", float("inf"), "(", "(a+)+$",
]  # fmt: skip


def of_xml(content: bytes, dice: random.Random) -> bytes:
    """One to four changes to a tree, or some to its bytes."""
    if dice.randrange(10) == 0:
        return of_bytes(content, dice)
    root = etree.fromstring(content)
    for _ in range(dice.choice([1, 1, 1, 2, 4])):
        nodes = list(root.iter(etree.Element))
        dice.choice(_CHANGES)(dice.choice(nodes), nodes, dice)
    return etree.tostring(root)


def of_json(content: bytes, dice: random.Random) -> bytes:
    """One to three odd values, entries missing, twice or elsewhere; or damaged bytes."""
    if dice.randrange(10) == 0:
        return of_bytes(content, dice)
    whole = json.loads(content)
    for _ in range(dice.choice([1, 1, 2, 3])):
        holders = [one for one in _holders(whole) if one]
        if not holders:
            break
        holder = dice.choice(holders)
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key, kind = dice.choice(keys), dice.randrange(4)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.insert(dice.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
        elif kind == 2:
            holder[key] = copy.deepcopy(dice.choice(holders))
        else:
            holder[key] = dice.choice([*ODD, *TEXTS])
    return json.dumps(whole, ensure_ascii=dice.random() < 0.5).encode()


def of_bytes(content: bytes, dice: random.Random) -> bytes:
    """Truncated, pieces missing or twice, bytes changed."""
    made = bytearray(content)
    for _ in range(dice.choice([1, 1, 3])):
        place, length = dice.randrange(len(made) + 1), dice.choice([1, 2, 10, 200])
        kind = dice.randrange(5)
        if kind == 0:
            del made[place:]
        elif kind == 1:
            del made[place : place + length]
        elif kind == 2:
            made[place:place] = made[place : place + length]
        elif kind == 3:
            made[place:place] = dice.choice([b"\x00", b"\xff\xfe", b"&x;", b"<!--", b"<", b'"'])
        else:
            made[place : place + 1] = bytes([dice.randrange(256)])
    return bytes(made)


def _delete(node: Any, nodes: list[Any], dice: random.Random) -> None:
    if node.getparent() is not None:
        node.getparent().remove(node)


def _double(node: Any, nodes: list[Any], dice: random.Random) -> None:
    if node.getparent() is not None:
        node.addnext(copy.deepcopy(node))


def _move(node: Any, nodes: list[Any], dice: random.Random) -> None:
    place = dice.choice(nodes)
    if node.getparent() is not None and place not in list(node.iter()):
        place.insert(dice.randrange(len(place) + 1), node)


def _lose_attribute(node: Any, nodes: list[Any], dice: random.Random) -> None:
    if node.attrib:
        del node.attrib[dice.choice(sorted(node.attrib))]


def _odd_attribute(node: Any, nodes: list[Any], dice: random.Random) -> None:
    if node.attrib:
        node.set(dice.choice(sorted(node.attrib)), dice.choice(TEXTS).replace("\x00", ""))


def _other_reference(node: Any, nodes: list[Any], dice: random.Random) -> None:
    """An id, or what should be one, becomes that of another element."""
    ids = [one.get("id") for one in nodes if one.get("id")]
    keys = [key for key in sorted(node.attrib) if key == "id" or "ref" in key.lower()]
    if keys and ids:
        node.set(dice.choice(keys), dice.choice(ids))


def _other_attribute(node: Any, nodes: list[Any], dice: random.Random) -> None:
    """An attribute that stands elsewhere."""
    other = dice.choice(nodes)
    if other.attrib:
        key = dice.choice(sorted(other.attrib))
        node.set(key, other.get(key))


def _odd_text(node: Any, nodes: list[Any], dice: random.Random) -> None:
    written = [one for one in nodes if (one.text or "").strip()] or [node]
    dice.choice(written).text = dice.choice(TEXTS)


def _other_tag(node: Any, nodes: list[Any], dice: random.Random) -> None:
    node.tag = dice.choice(nodes).tag


def _other_namespace(node: Any, nodes: list[Any], dice: random.Random) -> None:
    name = etree.QName(node)
    spaces = sorted({etree.QName(one).namespace or "" for one in nodes} | {"", "urn:x"})
    node.tag = etree.QName(dice.choice(spaces) or None, name.localname).text


_CHANGES = [
    _delete, _double, _move, _lose_attribute, _odd_attribute, _odd_attribute, _other_reference,
    _other_reference, _other_attribute, _odd_text, _odd_text, _other_tag, _other_namespace,
]  # fmt: skip


def _holders(value: Any) -> list[Any]:
    """All lists and objects of a JSON value."""
    if isinstance(value, dict):
        return [value, *(one for item in value.values() for one in _holders(item))]
    if isinstance(value, list):
        return [value, *(one for item in value for one in _holders(item))]
    return []
