"""The legacy upload protocol: the distributions of a release are uploaded, and each gets an outcome."""
