"""The networks at run time."""
