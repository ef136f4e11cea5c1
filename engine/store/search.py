"""Finding a piece of text anywhere in a text, Chinese included, by an index of its bigrams.

The embedded server ships no ``pg_trgm``; trigrams would not find words of two characters
anyway. Our SQL function ``bigrams`` cuts a text into all pairs of neighbours (and single
characters of scripts without spaces), lower case; a GIN index over it narrows the rows, LIKE
makes the answer exact.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, func
from sqlalchemy.dialects.postgresql import ARRAY

_NO_SPACES = "\u2e80"
"""From here on lie the scripts without spaces, as in ``bigrams``."""


def contains(column: ColumnElement[str], piece: str) -> ColumnElement[bool]:
    """Whether ``column`` contains ``piece``, upper and lower case alike.

    Fast where a GIN index over ``bigrams(column)`` exists. ``%`` and ``_`` mean themselves.
    """
    grams = ARRAY(String)
    exact = func.lower(column).contains(piece.lower(), autoescape=True)
    if len(piece) < 2 and piece < _NO_SPACES:
        return exact  # it has no bigrams: to cut every text into its own would find nothing out
    return and_(func.bigrams(column, type_=grams).contains(func.bigrams(piece, type_=grams)), exact)
