"""Flaws proven by what a server does in its sandbox."""
