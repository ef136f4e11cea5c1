"""The clocks of a case: each of its limits with start, pauses, due, warning and breach, and why
it falls where it falls (docs/clocks.md)."""

from engine.clocks.clock import Change, Clock, Pause, Rule, Standing, from_row
from engine.clocks.explaining import Explanation, Span, explain
from engine.clocks.queries import nearest, of_case, of_cases
from engine.clocks.saying import amount, sentence

__all__ = [
    "Change", "Clock", "Explanation", "Pause", "Rule", "Span", "Standing", "amount", "explain",
    "from_row", "nearest", "of_case", "of_cases", "sentence",
]
