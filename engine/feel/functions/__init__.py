"""The built-in functions: DMN 1.5 §10.3.4, and those of Camunda 8 that do not contradict it."""

from engine.feel.functions import (
    camunda,
    contexts,
    conversion,
    lists,
    numbers,
    ranges,
    strings,
    temporal,
)
from engine.feel.registry import BUILTINS

__all__ = [
    "BUILTINS",
    "camunda",
    "contexts",
    "conversion",
    "lists",
    "numbers",
    "ranges",
    "strings",
    "temporal",
]
