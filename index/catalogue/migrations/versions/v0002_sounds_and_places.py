"""Files are known by their sound, one file may hold several tracks, and what leaves is kept for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEPT = "path, track_id, size, mtime_ns, added_at"


def upgrade() -> None:
    """Make the paths anew with their further columns and their new key; make the new tables."""
    op.create_table(
        "paths_0002",
        sa.Column("path", sa.String(), primary_key=True, nullable=False),
        sa.Column("start_s", sa.Float(), primary_key=True, nullable=False),
        sa.Column("end_s", sa.Float(), nullable=True),
        sa.Column("track_id", sa.String(20), sa.ForeignKey("tracks.id"), nullable=False),
        sa.Column("sound", sa.String(20), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("ctime_ns", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("unreachable_since", sa.Float(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
    )
    op.execute(f"INSERT INTO paths_0002 ({_KEPT}, start_s) SELECT {_KEPT}, 0 FROM paths")
    op.drop_table("paths")
    op.rename_table("paths_0002", "paths")
    op.create_index("ix_paths_track_id", "paths", ["track_id"])
    op.create_index("ix_paths_sound", "paths", ["sound"])
    op.create_table(
        "retired",
        sa.Column("track_id", sa.String(20), primary_key=True, nullable=False),
        sa.Column("sound", sa.String(20), nullable=True),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("paths", sa.String(), nullable=False),
        sa.Column("gone_at", sa.Float(), nullable=False),
    )
    op.create_index("ix_retired_sound", "retired", ["sound"])
    op.create_table(
        "mounts",
        sa.Column("path", sa.String(), primary_key=True, nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
    )
