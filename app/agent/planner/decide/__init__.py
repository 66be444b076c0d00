"""Slots become tool calls."""
