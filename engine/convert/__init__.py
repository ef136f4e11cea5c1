"""Converts diagrams, tables and forms of Camunda 7, Flowable and Activiti into ours."""

from engine.convert.conversion import ENDINGS, Converted, convert

__all__ = ["ENDINGS", "Converted", "convert"]
