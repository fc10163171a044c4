"""Find what the index would reject, before anything is uploaded."""

from .rules import PREDICTED_RULES, RULE_NAMES, RULES, Rule, Severity, require_rules
from .validation import Problem, validate

__all__ = ["PREDICTED_RULES", "RULES", "RULE_NAMES", "Problem", "Rule", "Severity", "require_rules", "validate"]
