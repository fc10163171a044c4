"""Find what the index would reject, before anything is uploaded."""

from .rules import RULES, Rule, require_rules
from .validation import Problem, validate

__all__ = ["RULES", "Problem", "Rule", "require_rules", "validate"]
