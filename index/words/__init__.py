"""Search by a description in words."""
