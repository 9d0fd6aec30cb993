"""The shipped suites: ordinary pytest modules, one folder a suite. Copy one, or add your own beside it."""
