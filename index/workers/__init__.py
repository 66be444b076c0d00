"""Processes that touch users' files, guarded: what fails in them fails alone."""
