"""A `provider: pypi` deployment of a .travis.yml becomes a `provider: script` deployment that runs us."""
