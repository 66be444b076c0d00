"""Checks, repairs and upgrades a home."""
