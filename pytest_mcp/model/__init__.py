"""Frozen values that cross rooms; no behaviour beyond what follows from the fields themselves."""
