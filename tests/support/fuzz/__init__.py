"""A fuzzer for the reader and the checks; it is not part of the test run."""
