"""Sends cases and standard requests ahead of the tests, one thread a server, so that tests do not wait in turn."""
