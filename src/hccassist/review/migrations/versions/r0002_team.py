"""A team on one store: people and roles, holds on charts, assignments, second review and its lessons, provider queries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("email", sa.String(200), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("email", name="pk_people"),
    )
    op.create_table(
        "holds",
        sa.Column("chart_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("chart_id", name="pk_holds"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_holds_chart_id_charts"),
    )
    op.create_table(
        "assignments",
        sa.Column("chart_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("assigned_by", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("chart_id", name="pk_assignments"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_assignments_chart_id_charts"),
    )
    op.create_index("ix_assignments_who", "assignments", ["who"])
    _second_review()
    op.create_table(
        "provider_queries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("chart_id", sa.Integer, nullable=False),
        sa.Column("suggestion_id", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_queries"),
        sa.UniqueConstraint("chart_id", "suggestion_id", name="uq_provider_queries_chart_suggestion"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_provider_queries_chart_id_charts"),
    )
    # The summaries of charts hold more than they did: every results folder is taken in anew.
    op.execute("UPDATE results_folders SET size = -1")
    op.execute("UPDATE charts SET line_hash = ''")


def _second_review() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("method", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_samples"),
    )
    op.create_table(
        "sampled",
        sa.Column("sample_id", sa.Integer, nullable=False),
        sa.Column("event_seq", SEQ, nullable=False, autoincrement=False),
        sa.Column("chart_id", sa.Integer, nullable=False),
        sa.Column("suggestion_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sample_id", "event_seq", name="pk_sampled"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name="fk_sampled_sample_id_samples"),
        sa.ForeignKeyConstraint(["event_seq"], ["events.seq"], name="fk_sampled_event_seq_events"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_sampled_chart_id_charts"),
    )
    op.create_index("ix_sampled_chart_id", "sampled", ["chart_id"])
    op.create_table(
        "lessons",
        sa.Column("event_seq", SEQ, nullable=False, autoincrement=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("example", sa.Text, nullable=False),
        sa.Column("guideline", sa.Text, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("reply", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("event_seq", name="pk_lessons"),
        sa.ForeignKeyConstraint(["event_seq"], ["events.seq"], name="fk_lessons_event_seq_events"),
    )


def downgrade() -> None:
    raise NotImplementedError("A record of decisions is never dropped by a tool: delete the database yourself.")
