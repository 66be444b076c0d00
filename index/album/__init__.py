"""Albums in one file: CUE sheets and chapters, and the tracks that they make of it."""
