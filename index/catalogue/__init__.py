"""Tracks, files, history, playlists and lyrics in a database."""
