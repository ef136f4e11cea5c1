"""Receipt codes (回执码) in mails that may be answered: which job's mail an answer belongs to, and
proof that it was us who sent it. ``BH-JOBKEY-MAC``."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_CODE = re.compile(r"BH-(\d{1,19})-([A-Z2-7]{16})(?![A-Z0-9])")


def receipt(key: str, job_key: int) -> str:
    """The code of the mail that the job sends; ``key`` is the installation's secret."""
    mac = hmac.digest(key.encode(), str(job_key).encode(), hashlib.sha256)
    return f"BH-{job_key}-{base64.b32encode(mac)[:16].decode()}"


def job_of(key: str, text: str) -> int | None:
    """The job whose genuine code stands in the text; None without one, or with a forged one."""
    for found in _CODE.finditer(text.upper()):
        if hmac.compare_digest(found.group(), receipt(key, int(found.group(1)))):
            return int(found.group(1))
    return None


def codes(text: str) -> bool:
    """Whether something that looks like a code stands in the text."""
    return _CODE.search(text.upper()) is not None
