"""Variables in scopes, after Zeebe's rules.

The process, each sub-process, each multi-instance body and each activity with local variables
is a scope, named by its token ("" for the process). A *chain* lists the scopes visible at a
place, the innermost first, always ending with "". Values are plain JSON and never changed in
place: a change puts a new value."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence

from engine.model import Json

Chain = Sequence[str]


class Scopes:
    """All variables of one instance."""

    __slots__ = ("locals", "root")

    def __init__(
        self, root: dict[str, Json] | None = None, local: dict[str, dict[str, Json]] | None = None
    ) -> None:
        self.root: dict[str, Json] = {} if root is None else root
        self.locals: dict[str, dict[str, Json]] = {} if local is None else local

    def view(self, chain: Chain) -> Mapping[str, Json]:
        """Everything visible along the chain, read only."""
        found = [self.locals[token] for token in chain if token in self.locals]
        if not found:
            return self.root
        return ChainMap(*found, self.root)

    def own(self, token: str) -> Mapping[str, Json]:
        """The variables of one scope alone."""
        return self.locals.get(token, {}) if token else self.root

    def put(self, token: str, values: Mapping[str, Json]) -> None:
        """Set variables in exactly this scope."""
        if token:
            self.locals.setdefault(token, {}).update(values)
        else:
            self.root.update(values)

    def merge(self, chain: Chain, values: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
        """Set each variable in the innermost scope of the chain that has it, else in the
        process. Returns what was set, by scope."""
        placed: dict[str, dict[str, Json]] = {}
        for name, value in values.items():
            placed.setdefault(self._home(chain, name), {})[name] = value
        for token, part in placed.items():
            self.put(token, part)
        return placed

    def drop(self, token: str) -> None:
        """Forget a scope that has ended."""
        self.locals.pop(token, None)

    def _home(self, chain: Chain, name: str) -> str:
        for token in chain:
            if token in self.locals and name in self.locals[token]:
                return token
        return ""
