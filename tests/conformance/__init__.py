"""The official conformance suite, run against our own test servers."""
