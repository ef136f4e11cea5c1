"""The transaction that figures run in: reads only, as a role that sees our views only, briefly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from engine.store.unit import store_of

TIMEOUT_S = 10
ROLE = "bihuan_figures"
_SETTINGS = text("""
    SELECT set_config('statement_timeout', :timeout, true), set_config('timezone', :zone, true),
        set_config('search_path', 'public', true),
        CASE WHEN EXISTS (
            SELECT FROM pg_roles
            WHERE rolname = :role AND pg_has_role(current_user, oid, 'MEMBER')
                AND has_table_privilege(oid, 'v_cases', 'SELECT')
        ) THEN set_config('role', :role, true) END
""")


@contextmanager
def reading(conn: Connection) -> Iterator[Connection]:
    """A transaction of its own beside ``conn`` that is rolled back at the end. Where the server
    let us make no role, the read-only transaction and the check at deployment remain."""
    store = store_of(conn)
    with store.pool.connect() as own:
        own.execute(text("SET TRANSACTION READ ONLY"))
        chosen = {"timeout": f"{TIMEOUT_S}s", "zone": store.zone.key, "role": ROLE}
        own.execute(_SETTINGS, chosen)
        yield own
        own.rollback()
