"""Answers which job of a .travis.yml deploys on which event, and why the others do not."""
