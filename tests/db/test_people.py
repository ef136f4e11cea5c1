"""Accounts, as administrators and the sign-in page meet them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine import Engine, groups, organisation, people
from engine.errors import BihuanError, Conflict, Invalid, NotFound
from engine.model import Person
from web.commands.user import command

PASSWORD = "Mei-Hua-2026!"
SAMPLE = Path(__file__).parents[2] / "processes/organisation/sample.organisation.json"


@pytest.fixture
def chen(engine: Engine) -> Person:
    with engine.unit("test") as unit:
        groups.set_names(unit, {"intake": "受理", "review": "复核"})
        return people.add(
            unit,
            "Chen01",
            " 陈晓 ",
            password=PASSWORD,
            roles=["staff"],
            groups=["intake"],
            department="客服中心",
        )


def sign_in(engine: Engine, login: str, password: str) -> Person | None:
    with engine.read() as conn:
        return people.authenticate(conn, login, password)


def test_who_was_added_can_sign_in(engine: Engine, chen: Person) -> None:
    assert chen == Person("chen01", "陈晓", frozenset({"staff"}), frozenset({"intake"}), "客服中心")
    assert sign_in(engine, "chen01", PASSWORD) == chen
    assert sign_in(engine, " CHEN01 ", PASSWORD) == chen
    assert sign_in(engine, "chen01", PASSWORD + "x") is None
    assert sign_in(engine, "nobody", PASSWORD) is None
    assert sign_in(engine, "chen01", "") is None
    assert sign_in(engine, "chen01", PASSWORD + "x" * 1_000_000) is None


def test_full_width_signs_are_the_same_password(engine: Engine, chen: Person) -> None:
    with engine.unit("test") as unit:
        people.set_password(unit, "chen01", "Ｍｅｉ－Ｈｕａ２０２６")
    assert sign_in(engine, "chen01", "Mei-Hua2026") == chen


def test_a_password_is_stored_as_argon2id_only(engine: Engine, chen: Person) -> None:
    with engine.read() as conn:
        stored = conn.exec_driver_sql("SELECT password FROM people").scalar_one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_an_account_without_password_cannot_sign_in(engine: Engine) -> None:
    with engine.unit("test") as unit:
        people.add(unit, "sample", "示例")
    assert sign_in(engine, "sample", "") is None
    assert sign_in(engine, "sample", "nobody has this password") is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"login": "陈"}, "login"),
        ({"login": "a b"}, "login"),
        ({"login": "x" * 65}, "login"),
        ({"name": "  "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"password": "kurz"}, "password"),
        ({"password": "a" * 12}, "password"),
        ({"password": "xx-wang01-2026"}, "password"),
        ({"password": "ab" * 200}, "password"),
        ({"roles": ["boss"]}, "roles"),
        ({"groups": ["intaek"]}, "groups"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field(
    engine: Engine, chen: Person, change: dict[str, Any], field: str
) -> None:
    values: dict[str, Any] = {"login": "wang01", "name": "王", "password": PASSWORD} | change
    with pytest.raises(Invalid) as refused, engine.unit("test") as unit:
        people.add(unit, **values)
    assert list(refused.value.details["fields"]) == [field]
    with engine.read() as conn:
        assert [account.person.login for account in people.list_(conn)] == ["chen01"]


def test_an_unknown_group_gets_a_suggestion(engine: Engine, chen: Person) -> None:
    with pytest.raises(Invalid, match="intake"), engine.unit("test") as unit:
        people.set_rights(unit, "chen01", groups=["intaek"])


def test_a_login_is_given_once(engine: Engine, chen: Person) -> None:
    with pytest.raises(Conflict), engine.unit("test") as unit:
        people.add(unit, "CHEN01", "另一人")


def test_a_session_ends_with_its_password_its_rights_and_its_account(
    engine: Engine, chen: Person
) -> None:
    def session() -> int:
        with engine.read() as conn:
            epoch = people.epoch(conn, "chen01")
            assert people.current(conn, "chen01", epoch) is not None
            return epoch

    def ended(epoch: int) -> bool:
        with engine.read() as conn:
            return people.current(conn, "chen01", epoch) is None

    first = session()
    with engine.unit("test") as unit:
        people.set_password(unit, "chen01", "Lan-Hua-2027!")
    assert ended(first)
    assert sign_in(engine, "chen01", PASSWORD) is None
    second = session()
    with engine.unit("test") as unit:
        people.set_rights(unit, "chen01", roles=["supervisor"], groups=[])
    assert ended(second)
    third = session()
    with engine.unit("test") as unit:
        people.set_active(unit, "chen01", False)
    assert ended(third)
    assert sign_in(engine, "chen01", "Lan-Hua-2027!") is None
    with engine.unit("test") as unit:
        people.set_active(unit, "chen01", True)
    assert sign_in(engine, "chen01", "Lan-Hua-2027!") == Person(
        "chen01", "陈晓", frozenset({"supervisor"}), frozenset(), "客服中心"
    )


def test_who_does_not_exist_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound), engine.unit("test") as unit:
        people.set_password(unit, "nobody", PASSWORD)
    with engine.read() as conn:
        with pytest.raises(NotFound):
            people.get(conn, "nobody")
        with pytest.raises(NotFound):
            people.epoch(conn, "nobody")


def test_lists_are_of_a_group_or_of_the_active(engine: Engine, chen: Person) -> None:
    with engine.unit("test") as unit:
        people.add(unit, "wang01", "王", groups=["review"])
        people.set_active(unit, "wang01", False)
    with engine.read() as conn:
        everybody = people.list_(conn)
        assert [a.person.login for a in everybody] == ["chen01", "wang01"]
        assert [(a.active, a.has_password) for a in everybody] == [(True, True), (False, False)]
        assert [a.person.login for a in people.list_(conn, group="review")] == ["wang01"]
        assert [a.person.login for a in people.list_(conn, active_only=True)] == ["chen01"]


def test_the_sample_organisation_loads_and_loads_again(engine: Engine) -> None:
    content = SAMPLE.read_bytes()
    with engine.unit("test") as unit:
        loaded = organisation.load(unit, content, SAMPLE.name)
    assert loaded.added == len(json.loads(content)["people"]) >= 30
    with engine.unit("test") as unit:
        assert organisation.load(unit, content, SAMPLE.name) == organisation.Loaded(0, 0)
        people.set_rights(unit, "shouli01", groups=[])
    with engine.unit("test") as unit:
        assert organisation.load(unit, content, SAMPLE.name) == organisation.Loaded(0, 1)
    with engine.read() as conn:
        accounts = people.list_(conn)
        manned = frozenset().union(*(account.person.groups for account in accounts))
        assert manned == set(groups.names(conn))
        assert not any(account.has_password for account in accounts)
        held = frozenset().union(*(account.person.roles for account in accounts))
        assert held == set(people.ROLES)


def test_the_sample_organisation_is_a_province_of_units(engine: Engine) -> None:
    with engine.unit("test") as unit:
        organisation.load(unit, SAMPLE.read_bytes(), SAMPLE.name)
    with engine.read() as conn:
        units = {id_: one for id_, one in groups.all_(conn).items() if one.kind}
        leads = groups.leads(conn, units)
        accounts = {one.person.login: one.person for one in people.list_(conn)}
    branches = [one for one in units.values() if one.kind == "branch"]
    assert len({one.city for one in branches}) == 17
    assert len([one for one in units.values() if one.kind == "vendor"]) == 6
    assert leads.keys() == units.keys()
    for id_, one in units.items():
        assert id_ in accounts[leads[id_]].groups, id_
        if one.kind == "team":
            assert id_.startswith(f"{one.parent}.")
    leading = {one.lead for one in units.values() if one.kind == "team"}
    assert all("team-leads" in accounts[login].groups for login in leading if login)


def test_a_unit_is_led_by_its_lead_its_deputy_or_whoever_leads_the_unit_above(
    engine: Engine,
) -> None:
    named = [groups.Group("network", "网络部", "department", lead="l1", deputy="l2"),
             groups.Group("network.radio", "无线班", "team", "network", lead="l3"),
             groups.Group("network.radio.north", "北组", "team", "network.radio")]
    with engine.unit("test") as unit:
        for login in ("l1", "l2", "l3"):
            people.add(unit, login, login)
        groups.set_names(unit, {"lonely": "没有人"} | {one.id: one.name for one in named})
        groups.set_units(unit, named)
    ids = [one.id for one in named] + ["lonely", "unknown"]

    def leads() -> dict[str, str]:
        with engine.read() as conn:
            return groups.leads(conn, ids)

    assert leads() == dict(zip(ids[:3], ("l1", "l3", "l3"), strict=True))
    with engine.unit("test") as unit:
        people.set_active(unit, "l3", False)
        people.set_active(unit, "l1", False)
    assert set(leads().values()) == {"l2"}
    with engine.read() as conn:
        assert groups.within(conn, "network.radio") == ["network.radio", "network.radio.north"]
        assert groups.get(conn, "network").deputy == "l2"
        with pytest.raises(BihuanError, match="nowhere"):
            groups.get(conn, "nowhere")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xff", ""),
        (b"[]", ""),
        (b'{"peopel": []}', ""),
        (b'{"groups": []}', "groups"),
        (b'{"units": []}', "units"),
        (b'{"units": {"x": {"kind": "team"}}}', "units.x"),
        (b'{"groups": {"x": "X"}, "units": {"x": {"kind": "club"}}}', "units.x.kind"),
        (b'{"groups": {"x": "X"}, "units": {"x": {"kind": "team", "boss": "a"}}}', "units.x"),
        (b'{"groups": {"x": "X"}, "units": {"x": {"kind": "team", "lead": "a9"}}}',
         "units.x.lead"),
        (b'{"groups": {"x": "X"}, "units": {"x": {"kind": "team", "parent": "y"}}}', "units"),
        (b'{"groups": {"x": "X", "y": "Y"}, "units": {"x": {"kind": "team", "parent": "y"}, '
         b'"y": {"kind": "team", "parent": "x"}}}', "units"),
        (b'{"people": [{"login": "a1"}]}', "people[0].name"),
        (b'{"people": [{"login": "a1", "name": "A", "roles": "staff"}]}', "people[0].roles"),
        (b'{"people": [{"login": "a1", "name": "A", "groups": ["x"]}]}', "people[0]"),
        (b'{"people": [{"login": "a1", "name": "A"}, 7]}', "people[1]"),
    ],
)
def test_a_wrong_organisation_file_is_refused_whole(
    engine: Engine, content: bytes, place: str
) -> None:
    with pytest.raises(BihuanError) as refused, engine.unit("test") as unit:
        organisation.load(unit, content, "x.json")
    assert refused.value.details["place"] == place
    with engine.read() as conn:
        assert people.list_(conn) == []
        assert groups.names(conn) == {}


# --- bihuan user ----------------------------------------------------------------------------


@pytest.fixture
def bihuan(database: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs ``bihuan user …`` on this test's database."""

    def run(*arguments: str, keyboard: str = "") -> Result:
        environment = {"DATABASE_URL": database, "BIHUAN_DATA": str(tmp_path)}
        return CliRunner().invoke(command, arguments, input=keyboard, env=environment)

    return run


def test_the_first_administrator_is_added_by_hand(
    engine: Engine, bihuan: Callable[..., Result]
) -> None:
    done = bihuan(
        "add", "gao", "--name", "高远", "--role", "admin", keyboard=f"{PASSWORD}\n{PASSWORD}\n"
    )
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    person = sign_in(engine, "gao", PASSWORD)
    assert person is not None
    assert person.roles == {"admin"}


def test_a_password_can_come_from_a_pipe(engine: Engine, bihuan: Callable[..., Result]) -> None:
    bihuan("add", "gao", "--name", "高远", "--password-stdin", keyboard=PASSWORD + "\n")
    changed = bihuan("password", "gao", "--password-stdin", keyboard="Lan-Hua-2027!\n")
    assert changed.exit_code == 0
    assert sign_in(engine, "gao", "Lan-Hua-2027!") is not None
    assert sign_in(engine, "gao", PASSWORD) is None
    empty = bihuan("password", "gao", "--password-stdin", keyboard="")
    assert isinstance(empty.exception, Invalid)


def test_accounts_are_listed_disabled_and_given_rights(
    engine: Engine, bihuan: Callable[..., Result]
) -> None:
    loaded = bihuan("load", str(SAMPLE))
    assert "新增" in loaded.output
    assert bihuan("disable", "shouli01").exit_code == 0
    assert bihuan("roles", "fuhe01", "supervisor", "staff").exit_code == 0
    assert bihuan("groups", "fuhe01", "review", "intake").exit_code == 0
    listed = bihuan("list", "--group", "intake").output
    assert "shouli01\t陈晓雯\tstaff\tintake\t省客服中心受理\t已停用、无密码" in listed
    assert "fuhe01\t周建国\tstaff,supervisor\tintake,review\t省客服中心复核派单\t无密码" in listed
    assert "branch-hangzhou\t杭州分公司" in bihuan("groups").output
    tree = bihuan("units").output.splitlines()
    at = tree.index("网络部\tnetwork\t朱立群")
    assert tree[at + 1] == "  核心网班\tnetwork.core\t白羽"
    assert "    增值业务管理\tvendors.vas\t陶然" in tree
    assert len(tree) == 112
    assert bihuan("enable", "shouli01").exit_code == 0
    with engine.read() as conn:
        assert all(account.active for account in people.list_(conn))


def test_a_short_password_leaves_no_account(engine: Engine, bihuan: Callable[..., Result]) -> None:
    refused = bihuan("add", "gao", "--name", "高远", "--password-stdin", keyboard="kurz\n")
    assert isinstance(refused.exception, Invalid)
    with engine.read() as conn:
        assert people.list_(conn) == []
