"""Where each chart states its conditions, kept at the import for documentation patterns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stated",
        sa.Column("chart_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("conditions", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("chart_id", name="pk_stated"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_stated_chart_id_charts"),
    )
    # Charts that were imported before have none: every results folder is taken in anew.
    op.execute("UPDATE results_folders SET size = -1")
    op.execute("UPDATE charts SET line_hash = ''")


def downgrade() -> None:
    raise NotImplementedError("A record of decisions is never dropped by a tool: delete the database yourself.")
