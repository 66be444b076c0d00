"""Two pages behind nginx, as docs/scale.md says: a conversation goes on at the other page when its own ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import need_chromium, settled, visit
from servers import free_port
from test_conversations_server import said, talk

from bench.browser import chromium, say, served

pytestmark = pytest.mark.browser

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
ANSWER_MS = 180_000
DOCUMENTED = Path(__file__).parents[2] / "docs" / "scale.md"


def configuration(folder: Path, port: int, pages: list[str]) -> str:
    """The one that the documentation shows, with these pages, in this folder."""
    shown = DOCUMENTED.read_text("utf-8")
    shown = shown[shown.index("upstream reprise {") :].partition("```")[0]
    shown = shown.replace("listen 80;", f"listen 127.0.0.1:{port}; add_header X-Page $upstream_addr;")
    for number, page in enumerate(pages, start=1):
        shown = shown.replace(f"page{number}:8501", page)
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{name}_temp_path {folder}/{name};\n" for name in temporary)
    return f"pid {folder}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{places}{shown}}}\n"


@contextmanager
def proxied(folder: Path, pages: list[str]) -> Iterator[str]:
    """nginx before some pages; its address."""
    port = free_port()
    (folder / "nginx.conf").write_text(configuration(folder, port, pages))
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    server = subprocess.Popen([*command, "-g", "daemon off;"], cwd=folder)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(20)


def who_serves(address: str) -> str:
    """The page that nginx gives this visitor to."""
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{address}/reprise/alive", timeout=20) as answer:
                return str(answer.headers["X-Page"]).rpartition(", ")[2]
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.2)


def test_a_conversation_goes_on_at_the_other_page(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_chromium()
    if not Path(NGINX).exists():
        if os.environ.get("REPRISE_REQUIRE_ENGINES"):
            pytest.fail("the engines' tests need Debian's nginx")
        pytest.skip("engines: nginx is not installed")
    monkeypatch.setenv("REPRISE_DATABASE_URL", database)
    (tmp_path / "proxy").mkdir()
    with ExitStack() as everything:
        pages: dict[str, ExitStack] = {}
        for number in (1, 2):
            stack = everything.enter_context(ExitStack())
            address = stack.enter_context(served(tmp_path / "home", tmp_path / f"page{number}.log"))
            pages[f"127.0.0.1:{urlsplit(address).port}"] = stack
        address = everything.enter_context(proxied(tmp_path / "proxy", list(pages)))
        browser = everything.enter_context(chromium())
        serving = who_serves(address)
        with visit(browser, address, ANSWER_MS) as page:
            say(page, "what is in my library?")
            page.locator(".st-key-answer_0").wait_for()
            settled(page)
            pages[serving].close()
            assert who_serves(address) != serving
            page.reload()
            page.locator(".st-key-answer_0").wait_for()
            settled(page)
            say(page, "how many tracks are there?")
            page.locator(".st-key-answer_1").wait_for()
            thread_id = parse_qs(urlsplit(page.url).query)["c"][0]
    words = said(talk(tmp_path / "other", database), thread_id)
    assert words == ["what is in my library?", "how many tracks are there?"]
