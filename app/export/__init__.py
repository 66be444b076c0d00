"""Conversations, saved moments and playlists as files."""
