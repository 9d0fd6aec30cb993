"""Tests of the sandbox: real boxes around a real server that does what it is told."""
