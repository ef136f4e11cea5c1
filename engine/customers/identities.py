"""Further numbers of a customer (phones, accounts, mail addresses, identity numbers), and how
he wants to be spoken to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from engine.customer_tables import customer_identities as table
from engine.customers.log import note
from engine.customers.records import by_key, get, normalised, person_of
from engine.errors import Conflict, Invalid, NotFound
from engine.model import Json
from engine.store.unit import Unit
from engine.tables import customers, people

KINDS: Mapping[str, str] = {
    "phone": "联系电话", "account": "业务号码", "email": "电子邮箱", "id": "证件号码",
}
STARS = ("1", "2", "3", "4", "5")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Identity:
    """``kind`` is one of ``KINDS``; the value is not masked."""

    key: int
    kind: str
    value: str
    added_by: str
    added_at: datetime


def of(conn: Connection, records: list[int]) -> list[Identity]:
    """The further numbers of these records of a person."""
    found = conn.execute(
        select(table.c.key, table.c.kind, table.c.value, table.c.added_by, table.c.added_at)
        .where(table.c.customer_key.in_(records)).order_by(table.c.key)
    )
    return [Identity(*row) for row in found]


def add(unit: Unit, person: int, kind: str, value: str) -> None:
    """From now on, this number means the person. Invalid for a number of no known kind,
    Conflict where it is somebody's already."""
    if kind not in KINDS:
        raise Invalid("请选择号码的种类。", "Choose the kind of number.",
                      fields={"kind": "请选择号码的种类。"})
    number = normalised(value)
    if kind == "email":
        number = number.lower()
        if "@" not in number.strip("@"):
            raise Invalid("电子邮箱的格式不对。", "This is no mail address.",
                          fields={"value": "电子邮箱的格式不对。"})
    other = get(unit.conn, number)
    if other is not None:
        own = other.key == person_of(unit.conn, person)
        raise Conflict(
            "这个号码已经在这位客户名下。" if own else
            "这个号码属于另一位客户；如果是同一个人，请用“合并客户”。",
            "This number belongs to the customer already." if own else
            "This number is another customer's; if they are one person, merge them.",
        )
    row = {
        "key": unit.key(), "customer_key": person, "kind": kind, "value": number,
        "added_by": unit.actor, "added_at": unit.now,
    }
    made = unit.conn.execute(
        insert(table).values(row).on_conflict_do_nothing(index_elements=["value"])
        .returning(table.c.key)
    ).first()
    if made is None:
        raise Conflict(
            "这个号码刚刚由他人登记，请刷新页面查看。",
            "Somebody else has just entered this number; reload the page.",
        )
    note(unit, person, "identified", {"kind": kind, "identity": row["key"]})


def remove(unit: Unit, person: int, identity_key: int) -> None:
    """This number does not mean the person any more. NotFound."""
    found = unit.conn.execute(
        table.delete().where(table.c.key == identity_key, table.c.customer_key == person)
        .returning(table.c.kind)
    ).scalar()
    if found is None:
        raise NotFound("这位客户名下没有这个号码。", "The customer has no such number.")
    note(unit, person, "forgotten", {"kind": found, "identity": identity_key})


def describe(
    unit: Unit, person: int, *, level: str | None, star: str | None, contact: Mapping[str, Json],
    levels: Collection[str], manager: str | None = None,
) -> None:
    """Level (one of ``levels``, or the one there was), star, contact wishes and account manager
    (the login of an active account) of the person; what is not given is taken away. ``contact``
    has ``night`` (whether calls at night are asked for), ``from`` and ``to`` ("18:30", when to
    be called) and ``note``. Invalid for others."""
    if star is not None and star not in STARS:
        raise Invalid("星级为 1–5。", "There are 1 to 5 stars.", fields={"star": "星级为 1–5。"})
    hours = [contact.get("from"), contact.get("to")]
    given = [one for one in hours if one]
    if len(given) == 1 or not all(_CLOCK.fullmatch(str(one)) for one in given):
        zh = "联系时段要写起止时间，如 18:30–21:00。"
        raise Invalid(zh, "Give both hours, such as 18:30 and 21:00.", fields={"from": zh})
    before = by_key(unit.conn, person)
    if level not in (None, before.level) and level not in levels:
        raise Invalid("没有这个客户级别。", "There is no such level.",
                      fields={"level": "没有这个客户级别。"})
    if manager is not None:
        manager = _active(unit, manager)
    wishes = {key: contact[key] for key in ("night", "from", "to", "note") if contact.get(key)}
    asked = {"star": star, "contact": wishes, "manager": manager}
    data = {key: value for key, value in asked.items() if value}
    unit.conn.execute(
        update(customers).where(customers.c.key == person).values(level=level, data=data)
    )
    said: dict[str, Json] = asked
    if level != before.level:
        said |= {"level": level, "before": before.level}
    note(unit, person, "described", said)


def _active(unit: Unit, login: str) -> str:
    """The login as it is written; Invalid where no active account has it."""
    wanted = login.strip().lower()
    query = select(people.c.login).where(people.c.login == wanted, people.c.active)
    found = unit.conn.execute(query).scalar()
    if found is None:
        zh = f"没有在用的工号 {wanted}。"
        raise Invalid(zh, f"There is no active login {wanted}.", fields={"manager": zh})
    return str(found)
