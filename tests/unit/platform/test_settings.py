"""The environment: what is read, what is refused, and that secrets do not leak."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from web import settings as settings_module
from web.settings import SettingsInvalid, load

KEY = "0123456789abcdef0123456789abcdef"


def environ(tmp_path: Path, **variables: str) -> dict[str, str]:
    return {"BIHUAN_DATA": str(tmp_path / "var"), **variables}


def test_nothing_set_is_a_private_installation_on_loopback(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert not settings.demo
    assert not settings.sample_sign_in
    assert settings.database_url == ""


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BIHUAN_PRT", "1", "不认识的环境变量：BIHUAN_PRT"),
        ("BIHUAN_SECRET_KEY_FIL", "x", "不认识的环境变量：BIHUAN_SECRET_KEY_FIL"),
        ("BIHUAN_PORT_FILE", "x", "不认识的环境变量：BIHUAN_PORT_FILE"),
        ("BIHUAN_PORT", "80x", "“80x”应为 1 到 65535 之间的整数"),
        ("BIHUAN_PORT", "0", "应为 1 到 65535 之间的整数"),
        ("BIHUAN_PORT", "٣", "应为 1 到 65535 之间的整数"),
        ("BIHUAN_DEMO", "maybe", "应为 1 或 0"),
        ("BIHUAN_ZONE", "Mars/Olympus", "不是时区名"),
        ("BIHUAN_ZONE", "../etc/passwd", "不是时区名"),
        ("BIHUAN_LOG_LEVEL", "loud", "DEBUG / INFO / WARNING / ERROR"),
        ("BIHUAN_PUBLIC_URL", "tousu.example.com", "https://"),
        ("DATABASE_URL", "mysql://a/b", "只支持 PostgreSQL"),
        ("DATABASE_URL", "b", "只支持 PostgreSQL"),
        ("SMTP_SECURITY", "ssl", "none / starttls / tls"),
        ("SMTP_HOST", "mail.example.com", "SMTP_FROM"),
        ("SMTP_FROM", "nobody", "不是邮件地址"),
        ("SMTP_CA_FILE", "/no/such/file", "指向的文件不存在"),
        ("SMS_URL", "gateway.example.com", "https://"),
        ("SMS_TIMEOUT", "61", "应为 1 到 60 之间的整数"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=name) as refused:
        load(environ(tmp_path, **{name: value}))

    assert said in refused.value.zh


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_the_demo_stays_on_this_machine(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load(environ(tmp_path, BIHUAN_DEMO="1", BIHUAN_HOST=host))

    assert "演示模式" in refused.value.zh


def test_the_demo_on_loopback_has_sample_sign_in(tmp_path: Path) -> None:
    assert load(environ(tmp_path, BIHUAN_DEMO="yes")).sample_sign_in


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    assert load(environ(tmp_path, BIHUAN_SECRET_KEY_FILE=str(file))).secret_key == KEY


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    both = environ(tmp_path, BIHUAN_SECRET_KEY=KEY, BIHUAN_SECRET_KEY_FILE=str(file))

    with pytest.raises(SettingsInvalid, match="Both"):
        load(both)


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load(environ(tmp_path, SMTP_PASSWORD_FILE="/no/such/file"))

    assert "/no/such/file" in refused.value.zh


def test_secrets_are_not_told(tmp_path: Path) -> None:
    settings = load(
        environ(
            tmp_path,
            DATABASE_URL="postgresql://u:database-secret@h/d",
            BIHUAN_SECRET_KEY=KEY,
            SMTP_HOST="h",
            SMTP_FROM="a@b.cn",
            SMTP_PASSWORD="mail-secret",
        )
    )
    assert settings.adapters.smtp.password == "mail-secret"
    assert not any(one in repr(settings) for one in (KEY, "database-secret", "mail-secret"))

    with pytest.raises(SettingsInvalid) as refused:
        load(environ(tmp_path, BIHUAN_SECRET_KEY="short-secret"))
    assert "short-secret" not in refused.value.zh + refused.value.en


def test_the_installation_makes_its_key_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = {one.secret_key for one in threads.map(load, [environ(tmp_path)] * 8)}

    (key,) = keys
    file = tmp_path / "var/secret-key"
    assert len(key) >= 32
    assert file.read_text() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret-key"]


@pytest.mark.parametrize(("security", "port"), [("none", 25), ("starttls", 587), ("tls", 465)])
def test_the_mail_port_follows_the_encryption(tmp_path: Path, security: str, port: int) -> None:
    settings = load(
        environ(tmp_path, SMTP_HOST="h", SMTP_FROM="投诉 <a@b.cn>", SMTP_SECURITY=security)
    )

    assert settings.adapters.smtp.port == port


def test_the_data_folder_does_not_depend_on_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    folder = load({"BIHUAN_SECRET_KEY": KEY}).data_folder

    assert folder == Path(settings_module.__file__).parent.parent / "var"
    assert list(tmp_path.iterdir()) == []
