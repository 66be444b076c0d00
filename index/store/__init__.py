"""Frames, vectors and tables on disk."""
