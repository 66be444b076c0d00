"""What is measured of a passage: key, chords, texture, instruments, alignments, sub-fingerprints, spectral peaks."""
