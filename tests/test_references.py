"""How moments are written, and how they are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.core.errors import QueryError, clock
from index.text.notation import MomentText, parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Aria", MomentText("Aria")),
        ("  Aria  ", MomentText("Aria")),
        ("Aria @ last 1:00", MomentText("Aria", -60)),
        ("Aria @ the last 0:07.5", MomentText("Aria", -7.5)),
        ("Aria @ 1:23-1:33", MomentText("Aria", 83, 93)),
        ("Aria@1:23-1:33", MomentText("Aria", 83, 93)),
        ("Aria @ 1:23 – 1:33", MomentText("Aria", 83, 93)),
        ("Aria @ 0:05", MomentText("Aria", 5, None)),
        ("Aria @ 1:23.5-1:33.25", MomentText("Aria", 83.5, 93.25)),
        ("Aria @ 1:02:03-1:02:13", MomentText("Aria", 3723, 3733)),
        ("Aria @ 59:58-1:00:08", MomentText("Aria", 3598, 3608)),
        ("Aria @ 75:00", MomentText("Aria", 4500, None)),
        ("Live @ Wembley", MomentText("Live @ Wembley")),
        ("Live @ Wembley @ 2:00", MomentText("Live @ Wembley", 120, None)),
        ("4:33", MomentText("4:33")),
        ("4:33 @ 4:00-4:10", MomentText("4:33", 240, 250)),
        ("Train @ 5:15 @ 0:10", MomentText("Train @ 5:15", 10, None)),
        ("a@b.flac", MomentText("a@b.flac")),
        ("Blink @ 182", MomentText("Blink @ 182")),
        ("/music/10:30 @ home/x.mp3@0:00", MomentText("/music/10:30 @ home/x.mp3", 0, None)),
        ("clip:2 @ 0:10-0:20", MomentText("clip:2", 10, 20)),
        ("#3", MomentText("#3")),
        ("Name with\nnewline @ 0:01", MomentText("Name with\nnewline", 1, None)),
    ],
)
def test_moments(text: str, moment: MomentText) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Aria @ 1:33-1:23", "end after it starts"),
        ("Aria @ 1:23-1:23", "end after it starts"),
        ("Aria @ 1:75", "60 seconds"),
        ("Aria @ 1:61:00", "60 minutes"),
        ("Aria @ 1:2", "is no time"),
        ("Aria @ 1:23-", "is no time"),
        ("Aria @ -1:23", "is no time"),
        ("Aria @ 1:23-45", "is no time"),
        ("@ 1:23", "of what"),
        ("", "a track and a time"),
        ("   ", "a track and a time"),
    ],
)
def test_what_is_no_moment(text: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        parse_moment(text)


@given(st.text(), st.integers(0, 10**6), st.integers(1, 10**5))
def test_every_span_can_be_written_and_read(name: str, start: int, length: int) -> None:
    name = name.strip() or "x"
    start_s, end_s = start / 10, (start + length) / 10
    moment = parse_moment(f"{name} @ {clock(start_s)}-{clock(end_s)}")
    assert moment.name == name
    assert moment.start_s == pytest.approx(start_s) and moment.end_s == pytest.approx(end_s)


@given(st.text())
def test_any_text_is_a_moment_or_a_clear_error(text: str) -> None:
    try:
        assert parse_moment(text).name
    except QueryError as error:
        assert str(error)
