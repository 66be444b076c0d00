"""The words that judge how music sounds: those of the table of words, and those that nothing here measures."""

from __future__ import annotations

from index.text.scales import SCALES

COMPARED = ("brighter", "darker", "louder", "softer", "faster", "slower", "higher", "lower", "equally bright")
"""Words that set one passage against another; each stands beside the difference that was measured."""

WITHOUT_RULE = """
aggressive airy angry anthemic atmospheric beautiful bold brooding calm cheerful chilling cinematic cold
dramatic dreamy driving eerie elegant emotional energetic epic ethereal exciting festive fierce flowing
frantic funky gloomy graceful grand groovy happy harsh haunting heavy heroic hopeful hypnotic intense
intimate introspective joyful joyous lively lush lyrical majestic meditative melancholic melancholy mellow
mournful mysterious nostalgic ominous passionate peaceful pensive percussive playful poignant powerful
punchy quiet relaxed relaxing restless rich romantic sad serene shimmering smooth solemn sombre somber
soothing sparse sparkling spirited stately sweeping tender tense thick thin tranquil triumphant upbeat
uplifting vibrant vigorous wistful
"""
"""Words of judgement that nothing here measures: they may not be said of a passage."""

_SHAPES = (
    "unaccompanied",
    "polyphonic",
    "broken",
    "swelling",
    "fading",
    "rising and falling",
    "thinning out",
)
JUDGEMENTS = frozenset(
    [*(word for scale in SCALES for word in scale.words), *COMPARED, *WITHOUT_RULE.split(), *_SHAPES]
)
"""Every word that judges how music sounds, with a rule behind it or without."""
