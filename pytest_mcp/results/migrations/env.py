"""Alembic runs this: the changes go through the connection it is given, in one transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], version_table="pytest_mcp_version", transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
