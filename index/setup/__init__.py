"""Builds the networks' graphs at set-up, from the weights inside packages."""
