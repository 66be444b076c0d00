"""Moments without a query: from taste, hour and mood."""
