"""Fixtures that many own tests share."""

pytest_plugins = ["pytester"]
