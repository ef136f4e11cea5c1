"""How often something may be tried: counted in the database, for all web processes together."""

from __future__ import annotations

import time

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from engine import attempts
from web import session

__all__ = ["limiter", "parse"]

_ACTOR = "system:limits"


class Shared(Storage):
    """Where the library ``limits`` counts: the database of the application that is asked. One
    statement to test, one transaction to count."""

    STORAGE_SCHEME: list[str] | None = ["bihuan"]  # noqa: RUF012 - as the library declares it

    @property
    def base_exceptions(self) -> type[Exception]:
        return Exception

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with session.engine().unit(_ACTOR) as unit:
            return attempts.count(unit, key, expiry, amount)

    def get(self, key: str) -> int:
        with session.engine().read() as conn:
            return attempts.counted(conn, key)[0]

    def get_expiry(self, key: str) -> float:
        with session.engine().read() as conn:
            until = attempts.counted(conn, key)[1]
        return until.timestamp() if until else time.time()

    def check(self) -> bool:
        return True

    def reset(self) -> None:
        """Only the database can: ``attempts.forget``."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        with session.engine().unit(_ACTOR) as unit:
            attempts.forget(unit, key)


limiter = FixedWindowRateLimiter(Shared())
"""Within a request only."""
