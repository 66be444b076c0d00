"""The nouns and values that every room shares: moments, frames, filters, errors."""
