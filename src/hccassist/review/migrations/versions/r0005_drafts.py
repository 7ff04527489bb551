"""Words that are being typed, and the end of the chain of roles and versions, kept as that of the events is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GENESIS = "0" * 64
VERSIONS = 2


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("chart_id", sa.Integer, nullable=False),
        sa.Column("sample_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("who", "chart_id", "sample_id", "name", name="pk_drafts"),
        sa.ForeignKeyConstraint(["chart_id"], ["charts.id"], name="fk_drafts_chart_id_charts"),
    )
    db = op.get_bind()
    last = db.execute(sa.text("SELECT seq, hash FROM versions ORDER BY seq DESC LIMIT 1")).first()
    seq, digest = (last.seq, last.hash) if last else (0, GENESIS)
    head = sa.text("INSERT INTO chain_head (id, seq, hash) VALUES (:id, :seq, :hash)")
    db.execute(head.bindparams(id=VERSIONS, seq=seq, hash=digest))


def downgrade() -> None:
    raise NotImplementedError("A record of decisions is never dropped by a tool: delete the database yourself.")
