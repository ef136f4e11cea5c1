"""The environment, parsed once and strictly. docs/operate.md describes every variable."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import adapters
from adapters.contract import SmtpSecurity
from engine.errors import BihuanError
from web.file_types import TYPES, USUAL_FILE_TYPES

T = TypeVar("T")

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


class SettingsInvalid(BihuanError):
    """An environment variable is unknown or has a value that cannot be used."""

    code = "settings-invalid"


@dataclass(frozen=True, slots=True)
class Settings:
    """``database_url`` is empty where the embedded server in ``data_folder`` serves."""

    database_url: str = field(default="", repr=False)
    data_folder: Path = Path("var")
    secret_key: str = field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    proxies: int = 0
    demo: bool = False
    zone: str = "Asia/Shanghai"
    upload_limit_mb: int = 20
    file_types: tuple[str, ...] = USUAL_FILE_TYPES
    web_processes: int = 1
    web_threads: int = 8
    worker_concurrency: int = 8
    log_level: str = "INFO"
    adapters: adapters.Settings = field(default_factory=adapters.Settings)

    @property
    def sample_sign_in(self) -> bool:
        """Whether sample people may be entered with one click: demo mode, loopback only."""
        return self.demo and self.host in _LOOPBACK

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers reach us over TLS, so that cookies may insist on it."""
        return self.public_url.startswith("https://")


VARIABLES = (
    "DATABASE_URL",
    "BIHUAN_DATA",
    "BIHUAN_SECRET_KEY",
    "BIHUAN_HOST",
    "BIHUAN_PORT",
    "BIHUAN_PUBLIC_URL",
    "BIHUAN_PROXIES",
    "BIHUAN_DEMO",
    "BIHUAN_ZONE",
    "BIHUAN_UPLOAD_LIMIT_MB",
    "BIHUAN_FILE_TYPES",
    "BIHUAN_WEB_PROCESSES",
    "BIHUAN_WEB_THREADS",
    "BIHUAN_WORKER_CONCURRENCY",
    "BIHUAN_LOG_LEVEL",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_SECURITY",
    "SMTP_USER",
    "SMTP_PASSWORD",
    "SMTP_FROM",
    "SMTP_TIMEOUT",
    "SMTP_CA_FILE",
    "IMAP_HOST",
    "IMAP_PORT",
    "IMAP_SECURITY",
    "IMAP_USER",
    "IMAP_PASSWORD",
    "IMAP_FOLDER",
    "IMAP_EVERY",
    "IMAP_CA_FILE",
    "SMS_URL",
    "SMS_TOKEN",
    "SMS_IN_TOKEN",
    "SMS_SIGN",
    "SMS_TIMEOUT",
    "SMS_CA_FILE",
)
"""Every variable we read; those in ``SECRETS`` may also be given as ``NAME_FILE``."""

SECRETS = frozenset({
    "DATABASE_URL", "BIHUAN_SECRET_KEY", "SMTP_PASSWORD", "IMAP_PASSWORD", "SMS_TOKEN",
    "SMS_IN_TOKEN",
})


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings out of ``environ``.

    Raises SettingsInvalid for an unknown ``BIHUAN_*`` variable and for any value that cannot
    be used. A missing secret key is made once per installation and kept in the data folder.
    """
    _refuse_unknown(environ)
    read = _Reader(environ)
    data_folder = read.value("BIHUAN_DATA", _folder, _usual_data_folder())
    secret_key = read.value("BIHUAN_SECRET_KEY", _secret_key, "") or _kept_secret_key(data_folder)
    settings = Settings(
        database_url=read.value("DATABASE_URL", _database_url, ""),
        data_folder=data_folder,
        secret_key=secret_key,
        host=read.value("BIHUAN_HOST", str, "127.0.0.1"),
        port=read.value("BIHUAN_PORT", _whole(1, 65535), 8000),
        public_url=read.value("BIHUAN_PUBLIC_URL", _public_url, ""),
        proxies=read.value("BIHUAN_PROXIES", _whole(0, 8), 0),
        demo=read.value("BIHUAN_DEMO", _flag, False),
        zone=read.value("BIHUAN_ZONE", _zone, "Asia/Shanghai"),
        upload_limit_mb=read.value("BIHUAN_UPLOAD_LIMIT_MB", _whole(1, 1024), 20),
        file_types=read.value("BIHUAN_FILE_TYPES", _file_types, USUAL_FILE_TYPES),
        web_processes=read.value("BIHUAN_WEB_PROCESSES", _whole(1, 64), 1),
        web_threads=read.value("BIHUAN_WEB_THREADS", _whole(1, 256), 8),
        worker_concurrency=read.value("BIHUAN_WORKER_CONCURRENCY", _whole(1, 256), 8),
        log_level=read.value(
            "BIHUAN_LOG_LEVEL", _one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"
        ),
        adapters=adapters.Settings(
            smtp=_smtp(read), sms=_sms(read), imap=_imap(read),
            receipt_key=hmac.digest(secret_key.encode(), b"receipts", "sha256").hex(),
        ),
    )
    if settings.demo and settings.host not in _LOOPBACK:
        raise SettingsInvalid(
            f"演示模式（BIHUAN_DEMO）带有免密码的示例账号，只能在本机地址上运行，而 BIHUAN_HOST "
            f"是 {settings.host}。请改用 127.0.0.1，或去掉 BIHUAN_DEMO。",
            f"Demo mode has sample accounts without passwords and runs on loopback only, but "
            f"BIHUAN_HOST is {settings.host}. Use 127.0.0.1 or drop BIHUAN_DEMO.",
            variable="BIHUAN_HOST",
        )
    return settings


def _smtp(read: _Reader) -> adapters.Smtp:
    security = cast(
        SmtpSecurity, read.value("SMTP_SECURITY", _one_of("none", "starttls", "tls"), "starttls")
    )
    smtp = adapters.Smtp(
        host=read.value("SMTP_HOST", str, ""),
        port=read.value("SMTP_PORT", _whole(1, 65535), {"none": 25, "tls": 465}.get(security, 587)),
        security=security,
        user=read.value("SMTP_USER", str, ""),
        password=read.value("SMTP_PASSWORD", str, ""),
        sender=read.value("SMTP_FROM", _address, ""),
        timeout_s=float(read.value("SMTP_TIMEOUT", _whole(1, 60), 20)),
        ca_file=read.value("SMTP_CA_FILE", _existing_file, ""),
    )
    if smtp.host and not smtp.sender:
        raise SettingsInvalid(
            "已设置 SMTP_HOST，但没有 SMTP_FROM（发件人地址）。请补上，例如 tousu@example.com。",
            "SMTP_HOST is set but SMTP_FROM (the sender's address) is not. Set it, too.",
            variable="SMTP_FROM",
        )
    return smtp


def _imap(read: _Reader) -> adapters.Imap:
    security = cast(
        SmtpSecurity, read.value("IMAP_SECURITY", _one_of("none", "starttls", "tls"), "tls")
    )
    return adapters.Imap(
        host=read.value("IMAP_HOST", str, ""),
        port=read.value("IMAP_PORT", _whole(1, 65535), 993 if security == "tls" else 143),
        security=security,
        user=read.value("IMAP_USER", str, ""),
        password=read.value("IMAP_PASSWORD", str, ""),
        folder=read.value("IMAP_FOLDER", str, "INBOX"),
        every_s=float(read.value("IMAP_EVERY", _whole(5, 3600), 30)),
        ca_file=read.value("IMAP_CA_FILE", _existing_file, ""),
    )


def _sms(read: _Reader) -> adapters.Sms:
    return adapters.Sms(
        url=read.value("SMS_URL", _public_url, ""),
        token=read.value("SMS_TOKEN", str, ""),
        token_in=read.value("SMS_IN_TOKEN", _gateway_token, ""),
        sign=read.value("SMS_SIGN", str, ""),
        timeout_s=float(read.value("SMS_TIMEOUT", _whole(1, 60), 10)),
        ca_file=read.value("SMS_CA_FILE", _existing_file, ""),
    )


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def value(self, name: str, parse: Callable[[str], T], default: T) -> T:
        text = self._text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            shown = "（内容不显示）" if name in SECRETS else f"“{text}”"
            zh, en = error.args if len(error.args) == 2 else ("的写法不对", "is malformed")
            raise SettingsInvalid(
                f"环境变量 {name} 的值{shown}{zh}。",
                f"The value of the environment variable {name} {en}.",
                variable=name,
            ) from error

    def _text(self, name: str) -> str:
        plain = self._environ.get(name, "").strip()
        file = self._environ.get(f"{name}_FILE", "").strip() if name in SECRETS else ""
        if not file:
            return plain
        if plain:
            raise SettingsInvalid(
                f"{name} 与 {name}_FILE 同时设置了，无法判断用哪一个，请去掉一个。",
                f"Both {name} and {name}_FILE are set; drop one.",
                variable=name,
            )
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsInvalid(
                f"{name}_FILE 指向的文件 {file} 读不出来：{error.__class__.__name__}。",
                f"The file {file} named by {name}_FILE cannot be read.",
                variable=f"{name}_FILE",
            ) from error


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {*VARIABLES, *(f"{name}_FILE" for name in SECRETS)}
    unknown = sorted(name for name in environ if name.startswith("BIHUAN_") and name not in known)
    if unknown:
        raise SettingsInvalid(
            f"不认识的环境变量：{'、'.join(unknown)}。请检查拼写；可用的变量见 docs/operate.md。",
            f"Unknown environment variables: {', '.join(unknown)}. docs/operate.md lists all.",
            variables=unknown,
        )


def _usual_data_folder() -> Path:
    """``var`` of the checkout we run from, wherever the command is called; of the current
    folder for an installation without one."""
    checkout = Path(__file__).resolve().parent.parent
    return (checkout if (checkout / "setup.cfg").is_file() else Path.cwd()) / "var"


def _kept_secret_key(data_folder: Path) -> str:
    """The installation's own key, made at the first start and readable by its owner only."""
    path = data_folder / "secret-key"
    if path.exists():
        return path.read_text("ascii").strip()
    data_folder.mkdir(parents=True, exist_ok=True)
    staged = data_folder / f".secret-key-{secrets.token_hex(8)}"
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    # A link fails where another process was faster; then its key is the installation's.
    try:
        os.link(staged, path)
    except FileExistsError:
        pass
    finally:
        staged.unlink()
    return path.read_text("ascii").strip()


def _file_types(text: str) -> tuple[str, ...]:
    found = tuple(one.strip(" .").lower() for one in text.replace("，", ",").split(","))
    unknown = [one for one in found if one not in TYPES]
    if unknown:
        raise ValueError(
            f"里有不认识的文件类型“{unknown[0]}”，可以用 {'、'.join(TYPES)}",
            f"names an unknown file type; known are {', '.join(TYPES)}",
        )
    return found


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ValueError("应为 1 或 0", "must be 1 or 0")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        raise ValueError(
            f"应为 {low} 到 {high} 之间的整数", f"must be a whole number from {low} to {high}"
        )

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        found = next((choice for choice in choices if choice.lower() == text.lower()), None)
        if found is None:
            listed = " / ".join(choices)
            raise ValueError(f"应为 {listed} 之一", f"must be one of {listed}")
        return found

    return parse


def _database_url(text: str) -> str:
    scheme, separator, _rest = text.partition("://")
    if not separator or scheme.split("+")[0] not in {"postgresql", "postgres"}:
        raise ValueError(
            "应形如 postgresql://用户:口令@主机/库名；只支持 PostgreSQL",
            "must look like postgresql://user:password@host/name; only PostgreSQL serves",
        )
    return text


def _secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("太短，至少要 32 个字符", "is too short, 32 characters at least")
    return text


def _gateway_token(text: str) -> str:
    if len(text) < 16:
        raise ValueError("太短，至少要 16 个字符", "is too short, 16 characters at least")
    return text


def _public_url(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError("应以 https:// 或 http:// 开头", "must start with https:// or http://")
    return text.rstrip("/")


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("不是时区名，例如 Asia/Shanghai", "is no time zone name") from error
    return text


def _address(text: str) -> str:
    if "@" not in text or any(character in text for character in "\r\n"):
        raise ValueError("不是邮件地址", "is no mail address")
    return text


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _existing_file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError("指向的文件不存在", "names no file")
    return text
