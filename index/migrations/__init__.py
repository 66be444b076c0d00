"""The catalogue's versions: one file each in versions/, run by Alembic when an older catalogue is opened."""
