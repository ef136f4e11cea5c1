"""The mailroom: what becomes of each mail that comes in.

An answer to a mail of ours that carries its receipt code is the answer that the case waits for:
its lines 【label】 fill in the form, the form checks them as it checks a browser's, and the case
goes on; what is missing is mailed back. Anything else that a person wrote becomes a case: by
itself where its lines fill in the customer's short form, else one in which a clerk fills in the
work order (docs/channels.md).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

import adapters
import forms
from adapters import letter, mail, mailbox, receipts
from adapters.letter import Letter
from engine import attachments, channels, history, late_mail, messages
from engine.cases import AlreadyOpened
from engine.channels import Asked, Order
from engine.errors import BihuanError, Conflict
from engine.model import Person
from engine.wiring import Engine
from web import written
from web.intake_by_text import Text, take_in
from web.pages import filling

log = logging.getLogger("bihuan.mailroom")

SOURCE = "e-mail"
_ACTOR = "mail"
LARGEST_FILES = 25 * 1024 * 1024
"""Of one mail; what is more is named in the case and stays in the mailbox."""


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Takes mails one by one; each is done in one transaction that also keeps its Message-ID, so
    that the same mail fetched twice does nothing twice."""

    engine: Engine
    settings: adapters.Settings

    def collect(self) -> int:
        """Fetch what is unread; a mail that cannot be dealt with stays unread and does not keep
        back the others. Returns how many were taken."""
        try:
            return mailbox.collect(self.settings.imap, _Round(self))
        except adapters.AdapterError as error:
            log.warning("%s", error.zh)
            return 0

    def take(self, content: bytes) -> bool:
        """Deal with one mail. False where it is to be fetched again later (the mail that had to
        be sent back could not be sent)."""
        mail_in = letter.read(content)
        with self.engine.read() as conn:
            if channels.known(conn, SOURCE, mail_in.id):
                return True
        if mail_in.automatic:
            return self._note(mail_in, "ignored")
        said = f"{mail_in.subject}\n{mail_in.text}"
        if not receipts.codes(said):
            return self._new(mail_in)
        problem = self._answered(mail_in, receipts.job_of(self.settings.receipt_key, said))
        return not problem or self._send_back(mail_in, problem)

    def _answered(self, mail_in: Letter, job_key: int | None) -> str:
        """Why the answer was not taken; "" where it was."""
        with self.engine.read() as conn:
            order = channels.order(conn, job_key) if job_key is not None else None
            if order is None:
                return "回执码不对。请直接回复系统发出的工单邮件，并保留其中的回执码。"
            asked, problem = _may_answer(conn, order, mail_in)
            if asked is None:
                return problem
            form = filling.latest(conn, asked.form)
            person = _known(conn, order, mail_in)
        me = {"login": person.login, "name": person.name} if person else {"login": "", "name": ""}
        sees = {**asked.variables, "me": me}
        checked = forms.check(form, written.fill(form, written.block(mail_in.text), sees), sees)
        if checked.errors:
            return _missing(order, form, sees, checked.errors)
        actor = person.login if person else "mail"
        try:
            with self.engine.unit(actor) as unit:
                if not channels.note(unit, SOURCE, mail_in.id, "answered", order.case_id):
                    return ""
                messages.deliver(unit, asked.subscription, checked.data)
                history.record(unit, order.case_id, "mail.answered", {"from": mail_in.sender})
                attachments.attach(unit, order.case_id, _files(mail_in))
        except Conflict:
            return f"工单 {order.number} 刚刚已被处理，这封回信没有采用。"
        log.info("邮件 %s 已作为工单 %s 的反馈", mail_in.id, order.number)
        return ""

    def _new(self, mail_in: Letter) -> bool:
        text = Text(
            source=SOURCE, ref=mail_in.id, sender=mail_in.sender, name=mail_in.sender_name,
            subject=mail_in.subject, text=_with_left_out(mail_in),
        )
        try:
            with self.engine.unit("customer:mail") as unit:
                if channels.note(unit, SOURCE, mail_in.id, "opened"):
                    case_id = take_in(unit, text)
                    attachments.attach(unit, case_id, _files(mail_in))
        except AlreadyOpened:
            pass
        return True

    def _send_back(self, mail_in: Letter, problem: str) -> bool:
        if not mail_in.sender or not self.settings.smtp.host:
            log.warning("邮件 %s 没有采用，也无法退回：%s", mail_in.id, problem)
            return self._note(mail_in, "refused")
        body = f"{problem}\n\n您的回信（主题：{mail_in.subject}）没有采用，工单没有变化。"
        try:
            subject = f"未采用：{mail_in.subject}"
            mail.answer(self.settings.smtp, mail_in.sender, subject, body, mail_in.id)
        except adapters.AdapterError as error:
            log.warning("退回邮件 %s 没有发出：%s", mail_in.id, error.zh)
            return error.permanent and self._note(mail_in, "refused")
        return self._note(mail_in, "refused")

    def _note(self, mail_in: Letter, what: str) -> bool:
        with self.engine.unit("mail") as unit:
            channels.note(unit, SOURCE, mail_in.id, what)
        return True


@dataclass(frozen=True, slots=True)
class _Round:
    """One look into the mailbox (``adapters.mailbox.Taker``)."""

    room: Mailroom

    def due(self, refs: Sequence[str]) -> Sequence[str]:
        with self.room.engine.read() as conn:
            return late_mail.due(conn, refs)

    def take(self, ref: str, content: bytes) -> bool:
        engine = self.room.engine
        with engine.unit(_ACTOR) as unit:
            late_mail.begin(unit, ref)
        try:
            if self.room.take(content):
                with engine.unit(_ACTOR) as unit:
                    late_mail.done(unit, ref)
                return True
            reason = "退回给发件人的邮件没有发出，详见工作进程日志。"
        except BihuanError as error:
            log.error("一封来信没有处理，仍为未读：%s", error.zh)
            reason = error.zh
        with engine.unit(_ACTOR) as unit:
            late_mail.failed(unit, ref, _named(content), reason)
        return False

    def too_large(self, ref: str, size: int) -> None:
        most = mailbox.LARGEST // 1024**2
        reason = f"邮件有 {size // 1024**2} MB，超过上限 {most} MB，没有收取。"
        log.warning("邮件 %s：%s", ref, reason)
        with self.room.engine.unit(_ACTOR) as unit:
            late_mail.begin(unit, ref)
            late_mail.failed(unit, ref, f"邮箱里的编号：{ref}", reason, at_once=True)


def _named(content: bytes) -> str:
    found = letter.read(content)
    return f"主题：{found.subject or '（无）'}；发件人：{found.sender or '（不明）'}"


def _may_answer(conn: Connection, order: Order, mail_in: Letter) -> tuple[Asked | None, str]:
    """What the case asks, or why this mail cannot answer it."""
    if mail_in.sender not in order.receivers and channels.writer(conn, mail_in.sender) is None:
        strange = f"发件地址 {mail_in.sender} 不在工单 {order.number} 的收件人之中"
        return None, f"{strange}，也不是本单位账号的邮箱。"
    if not order.newest:
        return None, f"工单 {order.number} 已重新派发，请以最新一封工单邮件为准。"
    asked = channels.asked(conn, order.case_id)
    if asked is None:
        return None, f"工单 {order.number} 现在不需要邮件反馈：已经处理、挂起或转派。"
    return asked, ""


def _known(conn: Connection, order: Order, mail_in: Letter) -> Person | None:
    """Whose work the answer is on record as. A sender's address is only what the mail says: it
    names nobody to whom this very order was not sent."""
    return channels.writer(conn, mail_in.sender) if mail_in.sender in order.receivers else None


def _missing(
    order: Order, form: forms.Form, sees: Mapping[str, object], errors: Mapping[str, str]
) -> str:
    names = {field.name: field.label for field in form.fields(sees)}
    lines = [f"【{names.get(name, name)}】{sentence}" for name, sentence in errors.items()]
    return "\n".join([
        f"工单 {order.number} 的回信有 {len(lines)} 项需要补充或更正：", *lines, "",
        "请在原工单邮件上再次回复，每项一行，写在【】之后；已填好的各项也请保留。",
    ])


def _files(mail_in: Letter) -> list[tuple[str, str, bytes]]:
    kept, room = [], LARGEST_FILES
    for one in mail_in.attachments:
        room -= len(one.content)
        if room >= 0:
            kept.append((one.name, one.media_type, one.content))
    return kept


def _with_left_out(mail_in: Letter) -> str:
    left = mail_in.attachments[len(_files(mail_in)):]
    if not left:
        return mail_in.text
    return f"{mail_in.text}\n（附件太大，留在邮箱里：{'、'.join(one.name for one in left)}）"
