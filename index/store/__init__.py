"""What a library keeps on disk for its tracks, and how it is read."""
