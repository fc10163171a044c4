"""Find what the index would reject, before anything is uploaded."""

from .rules import Problem, Rule, Severity
from .table import PREDICTED_RULES, RULE_NAMES, RULES, require_rules, validate

__all__ = ["PREDICTED_RULES", "RULES", "RULE_NAMES", "Problem", "Rule", "Severity", "require_rules", "validate"]
