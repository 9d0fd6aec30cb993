"""The pure rules of the checks, on values."""
