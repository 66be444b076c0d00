"""Placement: where a query lies in a sound, by its notes, its fingerprint and its peaks, before any factor compares."""
