"""Tests of the room that sends ahead."""
