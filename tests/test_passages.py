"""Which passages stand for a piece: what comes back most, not its edges, and not one over the other."""

from sounds import frames_with_notes

from index.core.moments import Grid
from index.structure.thumbnails import characteristic_spans


def section(start_s, midis):
    """Twelve seconds of notes, one a second."""
    return [(start_s + i, start_s + i + 0.9, midis[i % len(midis)]) for i in range(12)]


def test_the_theme_that_comes_back_stands_for_the_piece():
    theme = (60, 64, 67, 72, 71, 67)
    events = []
    for number, midis in enumerate((theme, (61, 66, 68), theme, (63, 70, 58, 56), theme)):
        events += section(12 * number, midis)
    start_s, end_s = characteristic_spans(frames_with_notes(events, 60), Grid())[0]
    inside = max(min(end_s, a + 12) - max(start_s, a) for a in (0, 24, 48))
    assert inside >= 8


def test_passages_do_not_overlap_and_lie_inside(small):
    for title in ("Form A-B-A", "Cadence in D", "Swell"):
        frames = small.frames(title)
        spans = characteristic_spans(frames, Grid(), 3)
        assert 1 <= len(spans) <= 3
        for number, (start_s, end_s) in enumerate(spans):
            assert 0 <= start_s < end_s <= frames.duration_s + 1e-6
            assert all(end_s <= a or start_s >= b for a, b in spans[:number])


def test_a_piece_shorter_than_a_window_is_its_own_passage(small):
    frames = small.frames("Clicks")
    assert characteristic_spans(frames, Grid(30, 2)) == [(0.0, frames.duration_s)]


def test_the_loud_part_of_a_swell_comes_before_the_soft(small):
    best, *_ = characteristic_spans(small.frames("Swell"), Grid(4, 2))
    assert best[0] >= 4
