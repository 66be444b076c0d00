"""Tracks, the files that hold them, and what becomes of those that leave."""
