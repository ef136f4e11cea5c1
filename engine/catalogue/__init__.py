"""Catalogues: categories in levels, each with the time it may be chosen, what has to be recorded
for it and where it goes.

A catalogue is a deployed JSON file (docs/catalogue.md); forms and tables read it by FEEL
functions.
"""

from engine.catalogue.functions import functions
from engine.catalogue.model import Catalogue, Category, Level
from engine.catalogue.reading import check, parse, removed

__all__ = ["Catalogue", "Category", "Level", "check", "functions", "parse", "removed"]
