"""Gaps, overlaps and rules that are never reached, over the regions of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.dmn.regions import Axis

_MAX_VISITS = 50_000


class TooLarge(Exception):
    """The table has too many regions to look at all of them."""


class _Side:
    """An axis from the side of its rules."""

    def __init__(self, axis: Axis) -> None:
        self._masks = axis.rules
        self._everywhere = -1
        self._anywhere = 0
        for mask in axis.rules:
            self._everywhere &= mask
            self._anywhere |= mask
        self._some: dict[int, list[int]] = {}
        for mask in axis.rules:
            for rule in _bits(mask & ~self._everywhere):
                self._some.setdefault(rule, []).append(mask)

    def pieces(self, rule: int) -> Sequence[int]:
        """The rules of each piece that ``rule`` admits."""
        return self._masks if self._everywhere >> rule & 1 else self._some.get(rule, ())

    def sharing(self, rule: int) -> int:
        """The rules that share a piece with ``rule``."""
        if self._everywhere >> rule & 1:
            return self._anywhere
        shared = 0
        for mask in self._some.get(rule, ()):
            shared |= mask
        return shared


class Coverage:
    """The regions of a table with ``count`` rules."""

    def __init__(self, axes: Sequence[Axis], count: int) -> None:
        self.axes = axes
        self.count = count
        self._all = (1 << count) - 1
        self._sides = [_Side(axis) for axis in axes]
        self._visits = 0
        self._full: dict[tuple[int, int], bool] = {}

    def gaps(self, most: int = 5) -> list[str]:
        """Conditions under which no rule matches, at most ``most``. TooLarge if that takes too
        long to find out."""
        found: list[str] = []
        for gap in self._gaps(0, self._all, ()):
            found.append(gap)
            if len(found) >= most:
                break
        return found

    def overlaps(self, most: int = 10) -> list[tuple[int, int]]:
        """Pairs of rules (from 0) that both match something, at most ``most``. Rules with a
        cell that only the run decides are left out."""
        certain = self._all
        for axis in self.axes:
            certain &= ~axis.unknown
        found: list[tuple[int, int]] = []
        for rule in _bits(certain):
            others = self._meeting(rule) & certain & -(2 << rule)
            found += [(rule, other) for other in _bits(others)]
            if len(found) >= most:
                return found[:most]
        return found

    def unreachable(self) -> list[tuple[int, tuple[int, ...]]]:
        """Rules all of whose region earlier rules cover, with those (from 0)."""
        unknown = 0
        for axis in self.axes:
            unknown |= axis.unknown
        found: list[tuple[int, tuple[int, ...]]] = []
        for rule in range(self.count):
            earlier = self._meeting(rule) & ((1 << rule) - 1) & ~unknown
            if earlier and self._covered(rule, 0, earlier):
                found.append((rule, self._needed(rule, earlier)))
        return found

    def _meeting(self, rule: int) -> int:
        """The rules that share a region with ``rule``."""
        meeting = self._all
        for side in self._sides:
            meeting &= side.sharing(rule)
        return meeting

    def _needed(self, rule: int, earlier: int) -> tuple[int, ...]:
        """One earlier rule that covers ``rule`` alone, else all that share regions with it."""
        for other in _bits(earlier):
            if self._covered(rule, 0, 1 << other):
                return (other,)
        return tuple(_bits(earlier))

    def _covered(self, rule: int, place: int, rules: int) -> bool:
        """Whether ``rules`` match everything ``rule`` matches, from column ``place`` on."""
        self._visit()
        if not rules:
            return False
        if place == len(self.axes):
            return True
        pieces = {mask & rules for mask in self._sides[place].pieces(rule)}
        return all(self._covered(rule, place + 1, piece) for piece in pieces)

    def _is_full(self, place: int, rules: int) -> bool:
        """Whether ``rules`` leave no gap from column ``place`` on."""
        if not rules:
            return False
        if place == len(self.axes):
            return True
        key = (place, rules)
        known = self._full.get(key)
        if known is None:
            self._visit()
            pieces = {mask & rules for mask in self.axes[place].rules}
            known = all(self._is_full(place + 1, piece) for piece in pieces)
            self._full[key] = known
        return known

    def _gaps(self, place: int, rules: int, path: tuple[str, ...]) -> Iterator[str]:
        if self._is_full(place, rules):
            return
        if place == len(self.axes):
            yield ", ".join(part for part in path if part)
            return
        axis = self.axes[place]
        first = 0
        while first < len(axis.rules):
            mask = axis.rules[first] & rules
            last = first
            while (
                axis.is_line and last + 1 < len(axis.rules) and axis.rules[last + 1] & rules == mask
            ):
                last += 1
            if mask:
                yield from self._gaps(place + 1, mask, (*path, axis.describe(first, last)))
            else:
                yield ", ".join(part for part in (*path, axis.describe(first, last)) if part)
            first = last + 1

    def _visit(self) -> None:
        self._visits += 1
        if self._visits > _MAX_VISITS:
            raise TooLarge


def _bits(mask: int) -> Iterator[int]:
    while mask:
        bit = mask & -mask
        mask ^= bit
        yield bit.bit_length() - 1
