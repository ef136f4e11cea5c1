"""The board (看板): everything in progress, moving by itself."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for

from sqlalchemy import Connection

from engine import board, cases
from engine.board import Board
from web import session
from web.pages import live
from web.session import SIGNED_IN, right

pages = Blueprint("board", __name__, url_prefix="/board")

BY = {"status": "按状态", "unit": "按单位", "person": "按办理人"}
ONLY = {"late": "已超时", "near": "将超时", "unclaimed": "未领取", "paused": "已挂起"}
_TOPICS = ("case", "people")
_FEW, _ALL = 4, 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; ``at``: one column alone, whole."""

    by: str
    kind: str
    only: str
    at: str | None

    def address(self, endpoint: str = "board.show", **more: str | None) -> str:
        said = {"by": self.by, "kind": self.kind, "only": self.only, "at": self.at, **more}
        kept = {k: v for k, v in said.items() if v or (k == "at" and v is not None)}
        return f"{url_for(endpoint)}?{urlencode(kept)}"


@pages.get("")
@right(SIGNED_IN)
def show() -> str:
    present, asked = live.token(_TOPICS), _asked()
    with session.engine().read() as conn:
        found = _read(conn, asked)
        kinds = {kind.id: kind.name for kind in cases.kinds(conn)}
    return render_template(
        "board.html", mark=live.mark(present, found.until), kinds=kinds, **_shown(found, asked)
    )


@pages.get("/live")
@live.remembering
@right(SIGNED_IN)
def piece() -> Response:
    present, asked = live.token(_TOPICS), _asked()
    if live.unchanged(present):
        return live.nothing_new()
    with session.engine().read() as conn:
        found = _read(conn, asked)
    html = render_template("board_columns.html", **_shown(found, asked))
    return live.piece(html, live.mark(present, found.until))


def _asked() -> Asked:
    said = request.args
    by, only = said.get("by", ""), said.get("only", "")
    return Asked(
        by if by in BY else "status", said.get("kind", "")[:100], only if only in ONLY else "",
        said.get("at"),
    )


def _read(conn: Connection, asked: Asked) -> Board:
    return board.show(
        conn, session.person(), asked.by, kind=asked.kind, only=asked.only,
        most=_FEW if asked.at is None else _ALL,
    )


def _shown(found: Board, asked: Asked) -> dict[str, object]:
    columns = [one for one in found.columns if asked.at in (None, one.id)]
    return {"board": found, "columns": columns, "asked": asked, "by": BY, "only": ONLY}
