"""A `provider: pypi` of a .travis.yml becomes a `provider: script` that runs travis-pypi-deploy."""
