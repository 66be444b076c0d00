"""Titles, encodings, notation and wording: text in and text out."""
