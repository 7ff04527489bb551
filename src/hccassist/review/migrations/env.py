"""Alembic's entry: it runs on the connection that the store hands over."""

from __future__ import annotations

from alembic import context

from hccassist.review.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
