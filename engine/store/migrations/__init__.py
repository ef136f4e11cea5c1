"""Alembic's folder: ``env.py``, ``versions/``, and the SQL that the versions run."""
