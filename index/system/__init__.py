"""Locks, files, interrupts and compiled code: what is between Reprise and the operating system."""
