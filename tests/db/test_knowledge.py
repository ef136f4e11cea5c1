"""The knowledge base with the shipped articles: words, weights, suggestions, files and versions."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine import Engine, deployment, knowledge
from engine.articles import Article
from engine.errors import Conflict, DeploymentRefused, Forbidden, Invalid, NotFound
from engine.knowledge.difference import difference
from engine.model import File, Person

PROCESSES = Path(__file__).parents[2] / "processes"
FILES = [PROCESSES / "complaint" / "complaint.catalogue.json",
         *sorted((PROCESSES / "knowledge").glob("*.article.md"))]
EDITOR = Person("fenxi01", "纪晓彤", frozenset({"staff"}), frozenset({"knowledge"}))
ADMIN = Person("admin", "高远", frozenset({"admin"}))
STAFF = Person("shouli01", "陈晓雯", frozenset({"staff"}), frozenset({"intake"}))
DRAFT = Article("夜间断网", "guide", "", (), ("断网",), (), "", "查割接公告。")


@pytest.fixture
def base(engine: Engine) -> Engine:
    """An engine with the shipped catalogue and articles."""
    with engine.unit("system") as unit:
        deployment.deploy(unit, [File(one.name, one.read_bytes()) for one in FILES])
    return engine


def titles(found: tuple[knowledge.Found, ...]) -> list[str]:
    return ["".join(piece for piece, _ in one.title) for one in found]


QUESTIONS = {
    "赔我精神损失费": "客户要求精神损失赔偿",
    "要双倍赔": "客户要求双倍返还",
    "找记者曝光": "客户说要找媒体曝光",
    "误工费 交通费": "客户要求赔交通费、误工费",
    "登报道歉": "客户要求公开道歉",
    "乱扣费": "不明扣费、未订购就开通的业务",
    "天价赔偿": "客户要求高额赔偿",
    "孩子买了游戏道具": "特殊案例：未成年人用家长手机购买游戏道具",
    "有哪些应对技巧": "十种应对技巧：什么时候用，怎么收",
    "工信部申诉": "客户说要申诉、打 12315 或起诉",
    "12315": "客户说要申诉、打 12315 或起诉",
}


def test_what_customers_say_finds_the_script(base: Engine) -> None:
    with base.read() as conn:
        first = {one: titles(knowledge.search(conn, one).found)[0] for one in QUESTIONS}
    assert first == QUESTIONS


def test_all_words_go_before_some(base: Engine) -> None:
    with base.read() as conn:
        both = knowledge.search(conn, "公开 道歉")
        some = knowledge.search(conn, "公开道歉 光猫")
        none = knowledge.search(conn, "卫星轨道")
        one_sign = knowledge.search(conn, "哭")
    assert both.all_words
    assert not some.all_words
    assert {"客户要求公开道歉", "宽带反复出故障"} <= set(titles(some.found))
    assert none.found == ()
    assert one_sign.all_words
    assert "受理的头三分钟：稳住、听完、记准" in titles(one_sign.found)


def test_what_was_found_is_marked(base: Engine) -> None:
    with base.read() as conn:
        found = knowledge.search(conn, "光猫").found[0]
    assert "".join(piece for piece, _ in found.title) == "宽带反复出故障"
    assert ("光猫", True) in found.snippet


def test_a_list_is_narrowed_by_kind_and_category(base: Engine) -> None:
    with base.read() as conn:
        special = knowledge.search(conn, "", kind="special").found
        below = knowledge.search(conn, "", category="vas").found
    assert len(special) >= 4
    assert all(one.kind == "special" for one in special)
    assert "不明扣费、未订购就开通的业务" in titles(below)
    assert "投诉服务态度" not in titles(below)


def test_a_case_is_offered_by_place_and_words(base: Engine) -> None:
    codes = ["vas", "vas.deduction", "vas.deduction.unordered"]
    about = "手机上莫名订了会员每月扣 15 元，要求双倍返还，还要赔精神损失费，否则找媒体曝光"
    with base.read() as conn:
        found = titles(knowledge.suggest(conn, codes, about))
        only_place = titles(knowledge.suggest(conn, ["attitude", "attitude.visit"], ""))
        nothing = knowledge.suggest(conn, [], "")
        elsewhere = titles(knowledge.suggest(conn, ["broadband", "broadband.fault"],
                                             "宽带断了，孩子今天要上网课"))
    assert {"不明扣费、未订购就开通的业务", "客户要求双倍返还", "客户要求精神损失赔偿",
            "客户说要找媒体曝光"} <= set(found)
    assert len(found) <= 5
    assert "投诉服务态度" in only_place
    assert nothing == ()
    assert elsewhere[0] == "宽带反复出故障"
    assert "特殊案例：未成年人用家长手机购买游戏道具" not in elsewhere


def test_signs_of_the_query_language_mean_themselves(base: Engine) -> None:
    with base.read() as conn:
        for odd in ("'", "a:*", "\\", "赔偿 & ! |", "\x00", "<->", "'; DROP TABLE articles; --",
                    "%", "😀", "赔" * 5000):
            knowledge.search(conn, odd)
            knowledge.suggest(conn, ["vas"], odd)
        assert knowledge.search(conn, "").found


def test_only_editors_write(engine: Engine) -> None:
    with pytest.raises(Forbidden), engine.unit("shouli01") as unit:
        knowledge.add(unit, DRAFT, "", STAFF)
    with engine.unit("fenxi01") as unit:
        key = knowledge.add(unit, DRAFT, "", EDITOR)
    with pytest.raises(Forbidden), engine.unit("shouli01") as unit:
        knowledge.change(unit, key, 1, DRAFT, "试试", STAFF)
    with pytest.raises(Forbidden), engine.unit("fenxi01") as unit:
        knowledge.adopt(unit, key, EDITOR)


def test_every_version_is_kept_with_who_when_why(engine: Engine) -> None:
    with engine.unit("fenxi01") as unit:
        key = knowledge.add(unit, DRAFT, "", EDITOR)
    with engine.unit("fenxi01") as unit:
        better = replace(DRAFT, text="查割接公告，再查告警。")
        assert knowledge.change(unit, key, 1, better, "补告警", EDITOR) == 2
        assert knowledge.change(unit, key, 2, better, "", EDITOR) == 2, "nothing changed"
    with engine.unit("admin") as unit:
        assert knowledge.restore(unit, key, 1, "先不查告警", ADMIN) == 3
    with engine.read() as conn:
        found = knowledge.versions(conn, key)
        assert [(one.version, one.why, one.made_by, one.restored) for one in found] == [
            (3, "先不查告警", "admin", 1), (2, "补告警", "fenxi01", None),
            (1, "新建", "fenxi01", None),
        ]
        assert found[0].article == found[2].article == DRAFT
        assert knowledge.version(conn, key, 2).article.text == "查割接公告，再查告警。"
        with pytest.raises(NotFound):
            knowledge.version(conn, key, 9)
    for number, error in ((3, Conflict), (9, NotFound)):
        with pytest.raises(error), engine.unit("admin") as unit:
            knowledge.restore(unit, key, number, "试试", ADMIN)


def test_who_was_faster_is_not_overwritten(engine: Engine) -> None:
    with engine.unit("fenxi01") as unit:
        key = knowledge.add(unit, DRAFT, "", EDITOR)
    results: list[str] = []
    together = threading.Barrier(2)

    def change(text: str) -> None:
        together.wait()
        try:
            with engine.unit("fenxi01") as unit:
                knowledge.change(unit, key, 1, replace(DRAFT, text=text), "同时改", EDITOR)
            results.append("saved")
        except Conflict:
            results.append("conflict")

    threads = [threading.Thread(target=change, args=(text,)) for text in ("甲", "乙")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(results) == ["conflict", "saved"]


WRONG: list[dict[str, object]] = [
    {"title": ""}, {"text": " "}, {"kind": "poem"}, {"techniques": ("吓唬",)},
    {"categories": ("不是代码",)}, {"title": "长" * 81}, {"text": "打 13800138000 找他"},
]


def test_what_is_wrong_is_said_by_field(engine: Engine) -> None:
    for wrong in WRONG:
        with pytest.raises(Invalid) as caught, engine.unit("fenxi01") as unit:
            knowledge.add(unit, replace(DRAFT, **wrong), "", EDITOR)  # type: ignore[arg-type]
        assert list(caught.value.details["fields"]) == list(wrong)


def _file(text: str, **head: str) -> File:
    said = {"title": "测试", "kind": "guide", **head}
    lines = "\n".join(f"{key}: {value}" for key, value in said.items())
    return File("test.article.md", f"---\n{lines}\n---\n{text}\n".encode())


def _deploy(engine: Engine, file: File) -> None:
    with engine.unit("system") as unit:
        deployment.deploy(unit, [file])


def _key(engine: Engine) -> int:
    with engine.read() as conn:
        return next(one.key for one in knowledge.search(conn, "").found
                    if one.title == (("测试", False),))


def test_a_changed_file_is_the_next_version(engine: Engine) -> None:
    _deploy(engine, _file("一。"))
    _deploy(engine, _file("一。"))
    _deploy(engine, _file("二。"))
    with engine.read() as conn:
        assert [(one.version, one.article.text, one.from_file)
                for one in knowledge.versions(conn, _key(engine))] == [
            (2, "二。", True), (1, "一。", True)]


def test_a_file_is_offered_where_the_web_has_changed_the_article(engine: Engine) -> None:
    _deploy(engine, _file("一。"))
    key = _key(engine)
    with engine.read() as conn:
        article = knowledge.version(conn, key, 1).article
    with engine.unit("fenxi01") as unit:
        knowledge.change(unit, key, 1, replace(article, text="网页上的。"), "更好", EDITOR)
    _deploy(engine, _file("二。"))
    with engine.read() as conn:
        assert [(one.key, one.article.text) for one in knowledge.offers(conn)] == [(key, "二。")]
        assert knowledge.versions(conn, key)[0].article.text == "网页上的。"
    with engine.unit("admin") as unit:
        knowledge.keep(unit, key, ADMIN)
    with engine.read() as conn:
        assert knowledge.offers(conn) == []
    _deploy(engine, _file("三。"))
    with engine.unit("admin") as unit:
        assert knowledge.adopt(unit, key, ADMIN) == 3
    _deploy(engine, _file("四。"))
    with engine.read() as conn:
        assert [one.article.text for one in knowledge.versions(conn, key)] == [
            "四。", "三。", "网页上的。", "一。"], "after adopting, files lead again"
        assert knowledge.offers(conn) == []


def test_a_file_like_what_was_written_settles_the_offer(engine: Engine) -> None:
    _deploy(engine, _file("一。"))
    key = _key(engine)
    with engine.read() as conn:
        article = knowledge.version(conn, key, 1).article
    with engine.unit("fenxi01") as unit:
        knowledge.change(unit, key, 1, replace(article, text="三。"), "更好", EDITOR)
    _deploy(engine, _file("二。"))
    _deploy(engine, _file("三。"))
    with engine.read() as conn:
        assert knowledge.offers(conn) == []
        assert len(knowledge.versions(conn, key)) == 2


def test_bad_files_are_refused_with_their_lines(engine: Engine) -> None:
    with pytest.raises(DeploymentRefused) as caught:
        _deploy(engine, File("test.article.md", b"---\ntitle: x\nkind: guide\nnot a line\n---\nx"))
    assert [(one.line, one.rule) for one in caught.value.findings] == [(4, "article-file")]
    with pytest.raises(DeploymentRefused) as caught:
        _deploy(engine, _file("打 13800138000。"))
    assert [one.rule for one in caught.value.findings] == ["article-personal"]


def test_unknown_categories_are_told(base: Engine) -> None:
    with base.read() as conn:
        found = deployment.check(conn, [_file("一。", categories="vas.deduction、vas.nothing")])
    assert [(one.rule, one.severity) for one in found] == [("article-category", "warning")]
    assert "vas.nothing" in found[0].zh


def test_a_comparison_marks_what_changed() -> None:
    after = replace(DRAFT, text="查割接公告，再查告警。\n新的一段。", summary="夜里断网怎么查")
    lines = difference(DRAFT, after)
    new = ["".join(piece for piece, _ in one.parts) for one in lines if one.kind == "new"]
    assert new == ["摘要：夜里断网怎么查", "查割接公告，再查告警。", "新的一段。"]
    assert all(one.kind != "gone" for one in difference(None, DRAFT))
    assert {one.kind for one in difference(DRAFT, DRAFT)} == {"skip"}


def test_a_piece_is_found_among_five_hundred_articles(base: Engine) -> None:
    """Titles come after it in the list, and it is used least: no limit may come before it."""
    with base.unit("fenxi01") as unit:
        for n in range(500):
            knowledge.add(unit, replace(DRAFT, title=f"A 指引 {n:03}", kind="script"), "", EDITOR)
        last = knowledge.add(
            unit, replace(DRAFT, title="终端型号", kind="special", text="ZXHN-F7610M 要重启。"),
            "", EDITOR,
        )
    with base.read() as conn:
        hits = knowledge.search(conn, "hn-f76")
        of_kind = knowledge.search(conn, "hn-f76", kind="script")
        many = knowledge.search(conn, "查割接公", most=20)
    assert [one.key for one in hits.found] == [last]
    assert of_kind.found == ()
    assert len(many.found) == 20


def test_how_articles_serve(base: Engine) -> None:
    with base.unit("shouli01") as unit:
        keys = {row.title: row.key for row in unit.conn.exec_driver_sql(
            "SELECT key, title FROM articles").all()}
        refund, media = keys["客户要求双倍返还"], keys["客户说要找媒体曝光"]
        for n, days in enumerate((1, 2, 200)):
            unit.conn.exec_driver_sql(
                "INSERT INTO article_uses VALUES (%s, %s, 1, now() - %s * interval '1 day', 'li')",
                (refund, n + 1, days))
        knowledge.vote(unit, refund, True)
        knowledge.vote(unit, media, False, "缺电话")
    with base.read() as conn:
        found = knowledge.served(conn, base.now() - timedelta(days=90))
    first = found[0]
    assert (first.key, first.lately, first.uses, first.helpful) == (refund, 2, 3, 1)
    assert {one.key for one in found} == set(keys.values())
    [told] = [one for one in found if one.key == media]
    assert (told.uses, told.useless, told.notes) == (0, 1, ("缺电话",))
