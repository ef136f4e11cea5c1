"""FEEL, the Friendly Enough Expression Language of DMN 1.5, by itself: text → closures → values.

Knows nothing of the rest of the engine. No expression can reach Python; each evaluation is
bounded by ``Limits``."""

from engine.feel.convert import from_json, to_json
from engine.feel.errors import FeelError, FeelLimitError, FeelSyntaxError, nearest
from engine.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.limits import DEFAULT, Limits
from engine.feel.values import Function
from engine.feel.zones import set_zone

__all__ = [
    "DEFAULT",
    "Expression",
    "FeelError",
    "FeelLimitError",
    "FeelSyntaxError",
    "Function",
    "Limits",
    "UnaryTests",
    "compile_expression",
    "compile_unary_tests",
    "from_json",
    "nearest",
    "set_zone",
    "to_json",
]
