"""Several titles in one file: CUE sheets and chapters."""
