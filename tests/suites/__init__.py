"""The shipped suites, run for real against the test server and its defects."""
