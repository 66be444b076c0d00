"""What is measured and how: quality, speed, scale. Run by hand, never in a test."""
