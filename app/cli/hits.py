"""What `reprise find` and `reprise explain` print: moments, and the evidence for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from app.cli.tables import add_row, print_table, table_of
from index.core.errors import clock, printable
from index.core.hits import UNSURE, Results
from index.core.lengths import counted
from index.core.tracks import Clip, Track
from index.text.wording import closer_than
from tools.sound_hits import NO_MUSIC

if TYPE_CHECKING:
    from index.core.hits import Found, Hit
    from index.explain.explain import Explanation
    from index.words.results import TextResults


def print_results(results: Found) -> None:
    """The moments found, as a table; and what words were understood as."""
    if _by_words(results):
        understanding = results.understanding
        meant = [f"“{word.words}” as {word.meaning.name}" for word in understanding.understood]
        lost = [f"“{words}”" for words in understanding.unknown]
        print(printable("; ".join(meant + [f"not understood: {', '.join(lost)}"] * bool(lost))))
    if isinstance(results, Results) and results.no_music == "silence":
        print(NO_MUSIC["silence"])
        return
    if not results.hits:
        print("Nothing was found: loosen the filters or --min-likeness.")
        return
    if isinstance(results, Results):
        if results.no_music:
            print(NO_MUSIC[results.no_music])
        elif _not_here(results):
            print("This recording isn't in your library; these are the closest moments.")
        _say_what_it_is(results)
        _say_what_was_taken(results)
    sure = [] if _by_words(results) else ["confidence"]
    table = table_of("#", "title", "by", "at", "likeness", *sure, "strongest in")
    for hit in results.hits:
        add_row(
            table,
            str(hit.rank),
            printable(hit.track.title),
            printable(hit.track.author),
            hit.moment.span,
            f"{hit.likeness:.2f}" if _by_words(results) else closer_than(hit.likeness, results.compared),
            *([f"{hit.confidence:.2f}"] if sure else []),
            _strongest(results, hit),
        )
    print_table(table)
    print(f"{counted(results.compared, 'moment')} compared in {results.elapsed_ms:.0f} ms.")


def _not_here(results: Results) -> bool:
    """Whether a file was searched for, in the whole library, and nothing found is the same music."""
    query = results.query
    if query.filters or not isinstance(query.passage.source, Clip):
        return False
    return results.itself is None and results.hits[0].confidence < UNSURE


def _say_what_was_taken(results: Results) -> None:
    """Which track of the library was searched for, and where in it: titles are matched loosely."""
    passage = results.query.passage
    if isinstance(track := passage.source, Track):
        by = f" by {printable(track.author)}" if track.author else ""
        span = f"{clock(round(passage.start_s, 1))}-{clock(round(passage.end_s, 1))}"
        print(f"Searched for: “{printable(track.title)}”{by}, {span}.")


def _say_what_it_is(results: Results) -> None:
    if results.itself:
        track, moment = results.itself.track, results.itself.moment
        print(f"This is “{printable(track.title)}”, at {moment.span}.")


def _by_words(results: Found) -> TypeGuard[TextResults]:
    from index.words.results import TextResults

    return isinstance(results, TextResults)


def _strongest(results: Found, hit: Hit) -> str:
    """The factor that gave a hit most of its score; for words the strongest fact."""
    if _by_words(results):
        return max(results.met[hit.rank - 1], key=lambda word: word.contribution).fact
    return max(hit.factors, key=lambda name: hit.factors[name].contribution)


def print_explanation(explanation: Explanation) -> None:
    """The evidence for a hit, factor by factor."""
    hit = explanation.hit
    span = f"{clock(round(explanation.query.start_s, 1))}-{clock(round(explanation.query.end_s, 1))}"
    print(f"{printable(explanation.query.name)} @ {span}")
    print(f"#{hit.rank} {printable(hit.track.title)} @ {hit.moment.span}, {printable(hit.track.author)}")
    if hit.track.also:
        print(f"{printable(hit.track.path)}, {hit.track.other_files}")
    print(f"{closer_than(hit.likeness)}, confidence {hit.confidence:.2f}, score {hit.score:.3f}")
    print(explanation.summary)
    table = table_of(
        "factor", "share", "likeness", "measured", "in the query", "in the moment found", "between them"
    )
    for part in explanation.parts:
        facts = (
            "; ".join(fact.text for fact in kind) for kind in (part.query_facts, part.hit_facts, part.shared)
        )
        numbers = (f"{100 * part.share:.0f} %", f"{part.likeness:.2f}", f"{part.value:.3f}")
        add_row(table, part.name, *numbers, *facts)
    print_table(table)
    if explanation.chords:
        chords = table_of("at", "query", "found", "in the query's key", "")
        for pair in explanation.chords:
            names = (pair.query, pair.hit, pair.hit_in_query_key)
            add_row(chords, f"{pair.start_s:.1f}-{pair.end_s:.1f} s", *names, "same" if pair.agree else "")
        print_table(chords)
    for fact in explanation.nearby:
        print(f"{fact.name}: {fact.text}")
    for change in explanation.otherwise:
        print(change.text)
