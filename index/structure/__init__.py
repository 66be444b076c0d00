"""The form of a piece: segments, thumbnails, repeats."""
