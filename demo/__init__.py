"""The demo library: scores that ship with music21, played by a soundfont that ships with pretty_midi."""
