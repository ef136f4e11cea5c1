"""What an adapter is given and what it answers: the same for every system we speak to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from engine.errors import BihuanError
from engine.model import Json

SmtpSecurity = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class Smtp:
    """The outgoing mail server; ``host`` is empty where none is set up. ``ca_file`` names the
    certificates to trust instead of the machine's, for servers of a private network."""

    host: str = ""
    port: int = 25
    security: SmtpSecurity = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    timeout_s: float = 20.0
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Sms:
    """The gateway for text messages; ``url`` is empty where none is set up. ``sign`` is the
    sender's signature (签名) that the operator has approved. ``token_in``: what the gateway shows
    when it hands in texts and reports; empty where none come."""

    url: str = ""
    token: str = field(default="", repr=False)
    token_in: str = field(default="", repr=False)
    sign: str = ""
    timeout_s: float = 10.0
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Imap:
    """The mailbox whose mail is fetched; ``host`` is empty where none is."""

    host: str = ""
    port: int = 993
    security: SmtpSecurity = "tls"
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"
    every_s: float = 30.0
    timeout_s: float = 20.0
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """One section per system; the web's settings fill them from the environment.
    ``receipt_key`` signs the receipt codes of mails that may be answered."""

    smtp: Smtp = field(default_factory=Smtp)
    sms: Sms = field(default_factory=Sms)
    imap: Imap = field(default_factory=Imap)
    receipt_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One job as an adapter sees it.

    ``job_key`` is the idempotency key of every outside effect: a job that is run again after a
    crash has the same one. ``headers`` are the static task headers of the diagram;
    ``variables`` are plain JSON, the element's input mappings first.
    """

    job_key: int
    headers: Mapping[str, str]
    variables: Mapping[str, Json]
    settings: Settings


class AdapterError(BihuanError):
    """The far side, or the request itself, did not allow the effect.

    ``permanent``: doing it again unchanged cannot help. A permanent error with a ``code`` is
    thrown as that BPMN error (an incident where the diagram does not catch it), one without is
    an incident at once; a passing error is tried again while the job has retries left.
    """

    code = "adapter"

    def __init__(
        self, zh: str, en: str, *, permanent: bool, error_code: str = "", **details: Any
    ) -> None:
        super().__init__(zh, en, **details)
        self.permanent = permanent
        self.error_code = error_code


class Adapter(Protocol):
    """A module with this function serves one job type."""

    def run(self, request: Request) -> dict[str, Json]:
        """Have the effect and return the variables to set. Raises AdapterError."""
