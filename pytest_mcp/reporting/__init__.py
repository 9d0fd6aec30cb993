"""Renders a run for people: on the terminal and as one HTML file, from the result model only, never from pytest."""
