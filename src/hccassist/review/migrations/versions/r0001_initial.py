"""The review store as it began: charts, the chained record of events and what they amount to, bookmarks and notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE_APPEND_ONLY = """
CREATE TRIGGER events_no_{verb} BEFORE {verb} ON events
BEGIN SELECT RAISE(ABORT, 'the record of decisions is append-only'); END
"""
POSTGRES_APPEND_ONLY = (
    """
CREATE FUNCTION hccassist_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the record of decisions is append-only'; END $$
""",
    """
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION hccassist_append_only()
""",
)


def upgrade() -> None:
    op.create_table(
        "results_folders",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("roots", sa.JSON, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_results_folders"),
        sa.UniqueConstraint("path", name="uq_results_folders_path"),
    )
    op.create_table(
        "charts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("chart", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("folder_id", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("line_hash", sa.String(64), nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("error_type", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("summary", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_charts"),
        sa.UniqueConstraint("chart", "sha256", name="uq_charts_chart_sha256"),
        sa.ForeignKeyConstraint(["folder_id"], ["results_folders.id"], name="fk_charts_folder_id_results_folders"),
    )
    op.create_index("ix_charts_folder_id", "charts", ["folder_id"])
    op.create_table(
        "events",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=False),
        sa.Column("action_id", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("chart_id", sa.Integer, nullable=False),
        sa.Column("chart_sha256", sa.String(64), nullable=False),
        sa.Column("suggestion_id", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("action_id", name="uq_events_action_id"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_events_chart_id_charts"),
    )
    op.create_index("ix_events_chart_suggestion", "events", ["chart_id", "suggestion_id"])
    head = op.create_table(
        "chain_head",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain_head"),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": "0" * 64}])
    op.create_table(
        "decisions",
        sa.Column("chart_id", sa.Integer, nullable=False),
        sa.Column("suggestion_id", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("chart_id", "suggestion_id", name="pk_decisions"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_decisions_chart_id_charts"),
    )
    for name, content in (("bookmarks", ("suggestion_id", True)), ("notes", ("text", False))):
        op.create_table(
            name,
            sa.Column("who", sa.String(200), nullable=False),
            sa.Column("chart_id", sa.Integer, nullable=False),
            sa.Column(content[0], sa.Text, nullable=content[1]),
            sa.Column("at", sa.String(32), nullable=False),
            sa.PrimaryKeyConstraint("who", "chart_id", name=f"pk_{name}"),
            sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name=f"fk_{name}_chart_id_charts"),
        )
    op.create_table(
        "guidance",
        sa.Column("event_seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("icd10", sa.Text),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("event_seq", name="pk_guidance"),
        sa.ForeignKeyConstraint(["event_seq"], ["events.seq"], name="fk_guidance_event_seq_events"),
    )
    op.create_index("ix_guidance_condition", "guidance", ["condition"])
    op.create_table(
        "settings",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    _append_only()


def _append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRES_APPEND_ONLY:
            op.execute(statement)
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE_APPEND_ONLY.format(verb=verb))


def downgrade() -> None:
    raise NotImplementedError("A record of decisions is never dropped by a tool: delete the database yourself.")
