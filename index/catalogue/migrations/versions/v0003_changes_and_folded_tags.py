"""Which tracks changed when, and their tags folded to be searched and ordered by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the new table, columns and index; tags are folded when a track is next written, or read."""
    op.add_column("tracks", sa.Column("order_key", sa.String(), nullable=True))
    op.add_column("tracks", sa.Column("folded", sa.String(), nullable=True))
    op.create_table(
        "changes",
        sa.Column("track_id", sa.String(20), primary_key=True, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
    )
    op.create_index("ix_changes_generation", "changes", ["generation"])
    op.create_index("ix_paths_unreachable_since", "paths", ["unreachable_since"])
