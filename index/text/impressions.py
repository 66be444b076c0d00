"""What a network's tags of a sound are called after "it has the sound of"."""

from __future__ import annotations

IMPRESSIONS = {
    "ambient": "ambient music",
    "beat": "a beat",
    "beats": "a beat",
    "cello": "a cello",
    "choir": "a choir",
    "choral": "a choir",
    "classic": "classical music",
    "classical": "classical music",
    "country": "country music",
    "dance": "dance music",
    "drums": "drums",
    "electronic": "electronic music",
    "female": "a woman's voice",
    "female vocal": "a woman's voice",
    "female voice": "a woman's voice",
    "flute": "a flute",
    "guitar": "a guitar",
    "harp": "a harp",
    "harpsichord": "a harpsichord",
    "indian": "Indian music",
    "male": "a man's voice",
    "male vocal": "a man's voice",
    "male voice": "a man's voice",
    "man": "a man's voice",
    "metal": "metal",
    "new age": "new-age music",
    "opera": "opera",
    "piano": "a piano",
    "pop": "pop",
    "rock": "rock",
    "singing": "a voice",
    "sitar": "a sitar",
    "strings": "strings",
    "synth": "a synthesiser",
    "techno": "techno",
    "violin": "a violin",
    "vocal": "a voice",
    "vocals": "a voice",
    "voice": "a voice",
    "woman": "a woman's voice",
}
"""MusiCNN's tags as a noun after "it has the sound of". The others judge what is measured here, or what is absent."""

USUAL = "classical music"
"""An impression that says little: left out where anything else can be said."""

SURE_TAG = 0.3
"""Probability from which on a tag is worded as an impression."""
