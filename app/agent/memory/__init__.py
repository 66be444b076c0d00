"""Conversations, kept and searched."""
