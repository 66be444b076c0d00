"""Playlists as files."""
