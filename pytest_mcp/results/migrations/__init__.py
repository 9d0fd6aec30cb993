"""Numbered changes of the schema; imported only when a database is behind."""
