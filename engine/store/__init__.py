"""PostgreSQL: connections, the unit of work, keys, the embedded server, rows, migrations."""
