"""Holds what a language model says against what the tools measured."""
