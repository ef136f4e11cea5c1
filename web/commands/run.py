"""``bihuan run``: all in one – database, web and worker, with one command on one machine."""

from __future__ import annotations

import http.client
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import click

from engine import people
from engine.errors import BihuanError
from engine.store import embedded
from engine.wiring import Engine
from web.commands import shipped
from web.commands.children import Child, stop_all, watch
from web.commands.logs import configure
from web.demo_gateway import open_gateway
from web.demo_mailbox import open_mailbox
from web.opening import opened
from web.settings import Settings, load

HEALTHY_WITHIN_S = 60.0
LOOPBACK = "127.0.0.1"


class PortTaken(BihuanError):
    """Something else listens where we are told to."""

    code = "port-taken"


class NotHealthy(BihuanError):
    """The pages do not answer."""

    code = "not-healthy"


@click.command("run")
def command() -> None:
    """一条命令运行全部：数据库、网页、作业与定时器；Ctrl-C 停止，数据保留。"""
    settings = load()
    configure(settings.log_level)
    _refuse_taken_port(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        if not settings.database_url:
            stack.callback(embedded.stop, settings.data_folder / "postgres")
        click.echo("正在准备数据库…")
        with opened(settings) as engine:
            nobody = _prepare(settings, engine)
            url = engine.url
        if stop.is_set():
            return
        environ = {"DATABASE_URL": url, **_mail(settings, stack), **_sms(settings, stack)}
        _serve(settings, environ, stop, lambda: _welcome(settings, nobody))
    click.echo("已停止，数据都在。")


def _prepare(settings: Settings, engine: Engine) -> bool:
    """Deploy what came with this version and, in the demo, its samples; whether nobody could
    sign in yet."""
    click.echo("正在检查并部署流程、表格与表单…")
    for line in shipped.deploy(engine):
        click.echo(f"  {line}")
    if settings.demo:
        from web.commands.sample import load as load_sample

        click.echo("正在装入示例组织与示例工单…")
        load_sample(engine)
    with engine.read() as conn:
        return not people.list_(conn)


def _mail(settings: Settings, stack: ExitStack) -> dict[str, str]:
    """In the demo, without a mail server of your own: a mailbox on loopback."""
    if not settings.demo or settings.adapters.smtp.host:
        return {}
    folder = settings.data_folder / "mail"
    smtp = stack.enter_context(open_mailbox(folder))
    click.echo(f"演示邮箱：发出的邮件存为 {folder}/*.eml")
    return {
        "SMTP_HOST": smtp.host,
        "SMTP_PORT": str(smtp.port),
        "SMTP_SECURITY": smtp.security,
        "SMTP_FROM": smtp.sender,
    }


def _sms(settings: Settings, stack: ExitStack) -> dict[str, str]:
    """In the demo, without a gateway of your own: one on loopback."""
    if not settings.demo or settings.adapters.sms.url:
        return {}
    folder = settings.data_folder / "sms"
    sms = stack.enter_context(open_gateway(folder))
    click.echo(f"演示短信：发出的短信存为 {folder}/*.json")
    return {"SMS_URL": sms.url, "SMS_TOKEN": sms.token, "SMS_SIGN": sms.sign}


def _serve(
    settings: Settings, environ: dict[str, str], stop: threading.Event, ready: Callable[[], None]
) -> None:
    children = [
        Child("web", "网页服务", environ),
        Child("worker", "作业与定时器进程", environ),
    ]
    try:
        for child in children:
            child.start()
        _wait_until_healthy(settings, children, stop)
        if not stop.is_set():
            ready()
        watch(children, stop)
    finally:
        click.echo("正在停止…")
        stop_all(children)


def _wait_until_healthy(settings: Settings, children: list[Child], stop: threading.Event) -> None:
    """Return when the pages answer; raises NotHealthy when they do not within a minute."""
    give_up = time.monotonic() + HEALTHY_WITHIN_S
    while not stop.wait(0.2):
        if _answers(settings):
            return
        dead = next((child for child in children if not child.running), None)
        if dead is not None or time.monotonic() > give_up:
            title = dead.title if dead else "网页服务"
            raise NotHealthy(
                f"{title}没有起来，原因见上面的日志。",
                f"{dead.word if dead else 'web'} did not come up; see the log above.",
            )


def _answers(settings: Settings) -> bool:
    connection = http.client.HTTPConnection(_reachable(settings), settings.port, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(settings: Settings) -> str:
    return LOOPBACK if settings.host in {"0.0.0.0", "::"} else settings.host


def _refuse_taken_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortTaken(
                f"不能监听 {settings.host}:{settings.port}（{error.strerror}）。若闭环已在运行，"
                f"直接打开网页即可；否则请用 BIHUAN_PORT 换一个端口。",
                f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
                f"Choose another port with BIHUAN_PORT.",
            ) from error


def _welcome(settings: Settings, nobody: bool) -> None:
    address = settings.public_url or f"http://{_reachable(settings)}:{settings.port}"
    click.echo("")
    click.echo(f"  闭环已在运行：{address}/")
    if settings.sample_sign_in:
        click.echo("  演示模式：在登录页点一个示例人员即可进入（仅限本机）。")
    elif nobody:
        click.echo("  还没有用户。请在另一个终端运行 bihuan user add 建立第一个管理员。")
    click.echo("  按 Ctrl-C 停止；数据保留，下次启动接着用。")
    click.echo("")
    logging.getLogger("bihuan.run").info("ready at %s", address)
