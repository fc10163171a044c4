"""What the index would reject, found in the files before anything is uploaded."""

from __future__ import annotations

from .rules import Problem, Rule, Severity
from .table import PREDICTED_RULES, RULE_NAMES, RULES
from .validation import validate

__all__ = ["PREDICTED_RULES", "RULES", "RULE_NAMES", "Problem", "Rule", "Severity", "validate"]
