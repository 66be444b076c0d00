"""Search by a hummed tune."""
