"""The knowledge base: articles that tell how to answer, found by words and category, changed in
the web or by files, and noted where they were used (docs/knowledge.md)."""

from engine.knowledge.queries import ArticleVersion, View, version, versions, view
from engine.knowledge.searching import Found, Hits, search, suggest
from engine.knowledge.serving import Served, served
from engine.knowledge.taking import adopt, findings, keep, offers, take
from engine.knowledge.using import unuse, use, vote, written
from engine.knowledge.writing import add, change, may_edit, permit, restore, retire

__all__ = [
    "ArticleVersion", "Found", "Hits", "Served", "View", "add", "adopt", "change", "findings",
    "keep", "may_edit", "offers", "permit", "restore", "retire", "search", "served",
    "suggest", "take", "unuse", "use", "version", "versions", "view", "vote", "written",
]
