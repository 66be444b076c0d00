"""The documentation: pages made from the code are up to date, links lead somewhere, arrows go down."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.docs.__main__ import DOCS, PAGES, outdated, write
from bench.docs.drawing import arrows_upward, contract_order, floors, reduced, rooms, rooms_svg
from bench.docs.reference import commands_page, settings_page, tools_page
from bench.docs.site import within_docs

ROOT = Path(__file__).parents[1]


def test_pages_made_from_the_code_are_up_to_date() -> None:
    assert outdated() == [], "run: python -m bench.docs"


def test_a_page_that_differs_from_the_code_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    assert outdated(tmp_path) == []
    page = tmp_path / "reference/settings.md"
    page.write_text(page.read_text("utf-8").replace("REPRISE_HOME", "REPRISE_HOUSE"), "utf-8")
    (tmp_path / "pictures/rooms.svg").unlink()
    assert outdated(tmp_path) == ["reference/settings.md", "pictures/rooms.svg"]


def test_every_command_setting_and_tool_has_its_place() -> None:
    from app.cli.main import app
    from app.settings import Settings
    from tools import all_tools

    named = [
        command.name or getattr(command.callback, "__name__", "")
        for command in app.registered_commands
        if not command.hidden
    ]
    commands = re.findall(r"^## reprise (\S+)$", commands_page(), re.MULTILINE)
    assert sorted(commands) == sorted(named)
    rows = re.findall(r"^\| `REPRISE_(\w+)` \| \S", settings_page(), re.MULTILINE)
    assert {row.lower() for row in rows} == set(Settings.model_fields) - {"page_id"}
    tools = re.findall(r"^## (\w+)$", tools_page(), re.MULTILINE)
    assert tools == [tool.__name__ for tool in all_tools()]


def test_no_import_goes_up_and_every_arrow_of_the_drawing_goes_down() -> None:
    assert arrows_upward() == []
    rows = floors(reduced(rooms()))
    floor = {room: i for i, row in enumerate(rows) for room in row}
    assert set(contract_order()) <= set(floor)
    for room, below in rooms().items():
        assert all(floor[room] < floor[other] for other in below), room
    drawing = ElementTree.fromstring(rooms_svg())
    labels = {text.text for text in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert labels == {room.replace(".", "/") for room in rooms()}


def test_arrows_that_follow_from_others_are_left_out_and_a_circle_is_an_error() -> None:
    graph = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset[str]()}
    assert reduced(graph) == {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset()}
    assert floors(graph) == [["a"], ["b"], ["c"]]
    with pytest.raises(ValueError, match="circle"):
        reduced({"a": frozenset("b"), "b": frozenset("a")})


def test_links_of_the_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]
    assert len(pages) > 30
    for page in pages:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            path, _, anchor = target.partition("#")
            if "://" in target or not path:
                continue
            found = (page.parent / path).resolve()
            assert found.exists(), f"{page.name}: {target}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", found.read_text("utf-8"), re.MULTILINE)
                slugs = {re.sub(r"[^\w\- ]", "", head).lower().replace(" ", "-") for head in heads}
                assert anchor in slugs, f"{page.name}: {target}"


def test_every_page_is_in_the_navigation_or_is_a_decision() -> None:
    listed = set(re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}
    assert listed == {page for page in pages if not page.startswith("decisions/")}
    assert {name for name in PAGES if name.endswith(".md")} <= listed


def test_links_out_of_the_site_become_names_of_files() -> None:
    text = "see [bench/README.md](../bench/README.md#x), [how](../../a.py), [there](../words.md), ![p](../../q.png)"
    assert within_docs(text, "guide/x.md").startswith(
        "see [bench/README.md](../bench/README.md#x), how (`a.py`), [there]"
    )
    assert within_docs("[bench/README.md](../bench/README.md)", "x.md") == "`bench/README.md`"


_QUOTED = re.compile(r"[“\"«„「]([^“”\"«»„「」]+)[”\"»“」]")
_PLACE = re.compile(
    r"(?:.*moments like )?(.+?) ?(?:@|\bat|\bem|\bop|\ba|\bà|\bbei|\ben|の) ?(\d+):(\d\d)(?:-.*)?"
)
_STAND_INS = re.compile(r"(?:file:\S*|\S+\.wav|TRACK|TITLE|Title|clip|it|#\d)$")


def test_pieces_that_the_guide_and_the_help_recommend_are_in_the_demo_library() -> None:
    """Who tries what is written finds it."""
    from demo.pieces import pieces
    from index.text.titles import words

    longest_s = {" ".join(words(piece.title)): piece.max_s for piece in pieces()}
    pages = [
        ROOT / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "docs/guide").glob("*.md")),
    ]
    pages += [*sorted((ROOT / "docs/reference").glob("*.md")), *sorted((ROOT / "prompts").glob("*.md"))]
    pages.append(ROOT / "index/text/notation.py")
    named = set()
    for page in pages:
        text = " ".join(page.read_text(encoding="utf-8").split())
        for said in _QUOTED.findall(text):
            place = _PLACE.fullmatch(said.strip())
            if place is None or not re.match(r"[A-Z]", place[1]) or _STAND_INS.match(place[1]):
                continue
            title, start_s = " ".join(words(place[1])), 60 * int(place[2]) + int(place[3])
            assert start_s < longest_s.get(title, 0.0), f"{page.name}: {said}"
            named.add(page.name)
    assert {
        "README.md",
        "getting-started.md",
        "searching.md",
        "protocols.md",
        "answers.md",
        "answers.ja.md",
    } <= named
