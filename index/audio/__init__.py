"""Sound in: decoding, resampling, levels, tags."""
