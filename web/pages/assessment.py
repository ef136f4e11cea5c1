"""Assessment (考核): months by unit, role, person and vendor, what is behind them, appeals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from engine import assessment, groups, people
from engine.assessment import Assessment, Line
from engine.errors import Invalid
from web import session
from web.pages import months
from web.pages.sheets import csv_file
from web.session import SIGNED_IN, right

pages = Blueprint("assessment", __name__, url_prefix="/assessment")

BY = {"unit": "单位", "role": "岗位", "person": "人员", "vendor": "合作厂家"}
KINDS = {"score": "评分", "error": "记录差错", "attitude": "态度投诉", "fault": "责任认定"}
_NOBODY = "-"
"""In addresses: where no unit, person … is known."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    month: date
    by: str

    def address(self, endpoint: str, **more: str) -> str:
        said = {"month": f"{self.month:%Y-%m}", "by": self.by, **more}
        return f"{url_for(endpoint)}?{urlencode(said)}"


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    asked, person = _asked(), session.person()
    with session.engine().read() as conn:
        lines = assessment.sheet(conn, person, *_period(asked), asked.by)
        waiting = assessment.pending(conn, person)
    return render_template(
        "assessment.html", asked=asked, lines=lines, by=BY, waiting=len(waiting),
        nobody=_NOBODY, total=_total(lines),
    )


@pages.get("/sheet.csv")
@right(SIGNED_IN)
def export() -> Response:
    asked = _asked()
    with session.engine().read() as conn:
        lines = assessment.sheet(conn, session.person(), *_period(asked), asked.by)
    head = [
        BY[asked.by], "评分次数", "均分", "目标", "还差（次 5 分）", "2 分及以下", "记录差错",
        "扣分", "一票否决", "待复议申诉", "已撤销", "月度得分", "等次",
    ]  # fmt: skip
    vendors = ["当月工单", "超时率", "未解决率", "厂家等次"] if asked.by == "vendor" else []
    rows: list[list[object]] = [[*head, *vendors], *(_cells(one) for one in lines)]
    return csv_file(f"考核-{BY[asked.by]}-{asked.month:%Y-%m}.csv", rows)


@pages.get("/list")
@right(SIGNED_IN)
def behind() -> str:
    """What is behind a line: each assessment with its case."""
    asked, value = _asked(), request.args.get("value", "")[:100]
    wanted = None if value == _NOBODY else value
    with session.engine().read() as conn:
        found = assessment.given(
            conn, session.person(), *_period(asked), asked.by if value else "", wanted
        )
        return _listed(conn, found, asked=asked, value=value)


@pages.get("/appeals")
@right(SIGNED_IN)
def appeals() -> str:
    with session.engine().read() as conn:
        found = assessment.pending(conn, session.person())
        return _listed(conn, found, asked=None, value="")


@pages.post("/<key:key>/appeal")
@right(SIGNED_IN)
def appeal(key: int) -> Response:
    person = session.person()
    with session.engine().unit(person.login) as unit:
        assessment.appeal(unit, key, person, request.form.get("reason", ""))
    flash(_("申诉已提交，由督办专员或主管复议。"))
    return redirect(session.local(request.form.get("back"), url_for("assessment.show")), 303)


@pages.post("/<key:key>/decide")
@right(SIGNED_IN)
def decide(key: int) -> Response:
    person, said = session.person(), request.form.get("stands", "")
    if said not in ("yes", "no"):
        raise Invalid("请选择维持或撤销。", "Say whether the assessment stands.", field="stands")
    with session.engine().unit(person.login) as unit:
        assessment.decide(unit, key, person, said == "yes", request.form.get("note", ""))
    flash(_("复议意见已登记。"))
    return redirect(session.local(request.form.get("back"), url_for("assessment.appeals")), 303)


def _listed(
    conn: Connection, found: tuple[Assessment, ...], *, asked: Asked | None, value: str
) -> str:
    person = session.person()
    names = people.names(conn)
    units = groups.names(conn)
    new = [one for one in found if one.appealed_at is None]
    mine = assessment.may_appeal(conn, new, person) if new else set()
    title = units.get(value) or names.get(value) or (_("（未注明）") if value == _NOBODY else value)
    return render_template(
        "assessment_list.html", rows=found, asked=asked, names=names, units=units, kinds=KINDS,
        title=title, mine=mine, decides=assessment.may_decide(person), me=person.login,
        back=request.full_path.rstrip("?"),
    )


def _asked() -> Asked:
    by = request.args.get("by", "unit")
    return Asked(months.asked(request.args.get("month", "")), by if by in BY else "unit")


def _period(asked: Asked) -> tuple[datetime, datetime]:
    return months.begins(asked.month), months.begins(months.moved(asked.month, 1))


def _total(lines: tuple[Line, ...]) -> dict[str, object]:
    """Over all lines; the mean is weighted by their scores."""
    scores = sum(one.scores for one in lines)
    points = sum((one.mean * one.scores for one in lines if one.mean is not None), Decimal())
    return {
        "scores": scores, "mean": points / scores if scores else None,
        "errors": sum(one.errors for one in lines), "vetoes": sum(one.vetoes for one in lines),
    }


def _cells(one: Line) -> list[object]:
    cells: list[object] = [
        one.name, one.scores, None if one.mean is None else f"{one.mean:.2f}",
        None if one.target is None else f"{one.target:f}", one.missing, one.low, one.errors,
        f"{one.points:f}", one.vetoes, one.appeals, one.taken_back, f"{one.result:f}", one.grade,
    ]
    if one.orders:
        rates = (f"{one.orders.late_rate:.1%}", f"{one.orders.unsolved_rate:.1%}")
        cells += [one.orders.orders, *rates, one.orders.grade]
    return cells
