"""Reads a .travis.yml: its tree, jobs and deployments, and the problems that it has."""
