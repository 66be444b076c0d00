"""One machine and a large library: a generated library of any size through the real stores, and what it costs."""
