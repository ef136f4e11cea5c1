"""Articles of the knowledge base as files: ``NAME.article.md``, a head of ``key: value`` lines
between ``---`` and Markdown below it (docs/knowledge.md)."""

from engine.articles.article import KINDS, TECHNIQUES, Article
from engine.articles.reading import ENDING, check, identity, parse, wrong

__all__ = ["ENDING", "KINDS", "TECHNIQUES", "Article", "check", "identity", "parse", "wrong"]
