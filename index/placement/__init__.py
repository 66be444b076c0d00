"""Placement: where a query lies in a sound, by its notes and by its fingerprint, before any factor compares."""
