"""Tool results become sentences."""
