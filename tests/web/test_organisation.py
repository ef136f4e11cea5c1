"""The organisation in the browser: its file down, edited, checked, up; accounts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from engine import people
from engine.wiring import Engine
from tests.web.conftest import Answer, Browser

Open = Callable[[str], Browser]


def organisation(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(browser.get("/organisation/file").content)
    return found


def send(browser: Browser, data: object, path: str = "/organisation") -> Answer:
    content = data if isinstance(data, bytes) else json.dumps(data, ensure_ascii=False).encode()
    return browser.post(path, {"file": (io.BytesIO(content), "organisation.json")})


def test_only_administrators(browser_of: Open) -> None:
    chief = browser_of("chief")
    for path in ("/organisation", "/organisation/file"):
        assert chief.get(path).status == 403
    assert chief.post("/organisation/people/li/active", {"active": "no"}).status == 403


def test_who_there_is(browser_of: Open) -> None:
    words = browser_of("root").get("/organisation").words
    for said in ("李四", "li", "主管陈", "主管", "intake", "未设密码"):
        assert said in words


def test_the_file_as_it_stands_changes_nothing(browser_of: Open) -> None:
    root = browser_of("root")
    assert "没有改动" in send(root, organisation(root)).words


def test_a_team_and_a_person_more_are_checked_first_and_count_at_once(browser_of: Open) -> None:
    root = browser_of("root")
    data = organisation(root)
    data["groups"] |= {"network.metro": "地铁班"}
    data["units"]["network.metro"] = {"kind": "team", "lead": "sun"}
    data["people"].append(
        {"login": "sun", "name": "孙七", "roles": ["staff"], "groups": ["network.metro"]})
    for one in data["people"]:
        if one["login"] == "li":
            one |= {"name": "李四光", "groups": ["network"]}
    checked = send(root, data, "/organisation/check").words
    for said in ("生效后有 4 处改动", "新增组 地铁班（network.metro）", "新增 孙七（sun）",
                 "组 +network −intake", "姓名 李四 → 李四光", "负责人 无 → sun"):
        assert said in checked
    assert "孙七" not in root.get("/organisation").words
    assert "已生效，4 处改动" in send(root, data).words
    words = root.get("/organisation").words
    assert "孙七" in words
    assert "地铁班" in words
    assert "李四光" in words


def test_a_wrong_file_says_where_and_changes_nothing(browser_of: Open) -> None:
    root = browser_of("root")
    data = organisation(root)
    wrong: list[tuple[object, str]] = [
        (b"{", "第 1 行第 2 列：这里应是带双引号的键"),
        ("{}".encode("utf-16"), "请另存为 UTF-8"),
        (b'{"groups": {"intake": "a\\u0000b"}}', "有无法保存的字符"),
        (b'{"people": [{"login": "sun", "name": "\\ud83d"}]}', "有无法保存的字符"),
        ({**data, "person": []}, "未知的键 person"),
        ({**data, "units": {"nowhere": {"kind": "team"}}}, "groups 中没有这个组"),
        ({**data, "people": [*data["people"], {"login": "sun", "name": "孙", "groups": ["intak"]}]},
         "没有组 intak；已有：intake"),
        ({**data, "people": [*data["people"], {"login": "sun", "name": "孙", "roles": ["boss"]}]},
         "没有角色 boss"),
    ]
    for content, said in wrong:
        answer = send(root, content)
        assert (answer.status, said in answer.words) == (422, True), answer.words
    assert root.post("/organisation").status == 422
    assert organisation(root) == data


def test_the_last_administrator_stays(browser_of: Open) -> None:
    root = browser_of("root")
    data = organisation(root)
    for one in data["people"]:
        one["roles"] = ["staff"]
    answer = send(root, data)
    assert (answer.status, "没有管理员" in answer.words) == (422, True)
    assert root.get("/organisation").status == 200
    refused = root.post("/organisation/people/root/active", {"active": "no"})
    assert (refused.status, "不能停用自己的账号" in refused.words) == (409, True)


def test_a_password_for_somebody(browser_of: Open, desk: Engine) -> None:
    root = browser_of("root")
    path = "/organisation/people/li/password"
    assert "不一致" in root.post(path, {"new": "four words are good", "again": "x"}).words
    assert root.post(path, {"new": "short", "again": "short"}).status == 422
    good = {"new": "four words are good", "again": "four words are good"}
    assert root.post(path, good).status == 303
    with desk.read() as conn:
        assert people.authenticate(conn, "li", "four words are good") is not None
    assert root.post("/organisation/people/nobody/password", good).status == 404


def test_a_disabled_account_is_out_until_it_is_enabled(browser_of: Open) -> None:
    root, li = browser_of("root"), browser_of("li")
    assert li.get("/inbox").status == 200
    assert root.post("/organisation/people/li/active", {"active": "no"}).status == 303
    assert "/sign-in" in li.get("/inbox").location
    assert "已停用" in root.get("/organisation").words
    assert root.post("/organisation/people/li/active", {"active": "yes"}).status == 303
    assert "已停用" not in root.get("/organisation").words
