"""Search by words that are sung, and their transcription."""
