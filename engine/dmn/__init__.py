"""DMN 1.1–1.5: parse a file, evaluate its decisions, explain and check them."""

from engine.dmn.check import check, constants
from engine.dmn.errors import DmnInvalid
from engine.dmn.model import DecisionInfo, Evaluation, Model
from engine.dmn.parse import parse
from engine.dmn.together import Imported, Together, ambiguous, imports, namespace

__all__ = [
    "DecisionInfo", "DmnInvalid", "Evaluation", "Imported", "Model", "Together", "ambiguous",
    "check", "constants", "imports", "namespace", "parse",
]
