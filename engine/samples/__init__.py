"""Sample life, played through the use cases in its own past: a few scripted cases for a first
look (``script``), and a year of a whole province (``plan``, ``player``; docs/sample.md)."""

from engine.samples.behaviour import read
from engine.samples.clock import Clock
from engine.samples.plan import Arrival, Plan
from engine.samples.player import Player, Shown
from engine.samples.script import Sample, Samples, Step, parse, play

__all__ = [
    "Arrival", "Clock", "Plan", "Player", "Sample", "Samples", "Shown", "Step", "parse", "play",
    "read",
]
