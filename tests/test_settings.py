"""Settings come from REPRISE_ names, and a bad one is said in one sentence."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import SettingsError, load_settings, unknown_settings
from index.core.errors import RepriseError

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    import os

    for name in list(os.environ):
        if name.startswith("REPRISE_"):
            monkeypatch.delenv(name)


def test_defaults():
    settings = load_settings()
    assert settings.model == "builtin"
    assert settings.embedder == "musicnn"
    assert (settings.window_s, settings.hop_s) == (10.0, 2.0)
    assert settings.home.is_absolute() and settings.home.name == "reprise"


def test_the_environment_is_read(monkeypatch, tmp_path):
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path / "x"))
    monkeypatch.setenv("REPRISE_HOP_S", "0.5")
    monkeypatch.setenv("REPRISE_MODEL", "ollama:llama3.2")
    monkeypatch.setenv("REPRISE_NOISE", "off")
    settings = load_settings()
    assert settings.home == tmp_path / "x"
    assert settings.hop_s == 0.5
    assert settings.model == "ollama:llama3.2"
    assert settings.noise == "off"


def test_an_empty_value_is_no_value(monkeypatch):
    monkeypatch.setenv("REPRISE_CHROMA_URL", "")
    monkeypatch.setenv("REPRISE_HOP_S", "")
    assert load_settings().hop_s == 2.0


def test_home_may_start_with_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REPRISE_HOME", "~/music data")
    assert load_settings().home == tmp_path / "music data"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("REPRISE_HOP_S", "fast", "0.5 to 10"),
        ("REPRISE_HOP_S", "0.1", "0.5 to 10"),
        ("REPRISE_HOP_S", "nan", "0.5 to 10"),
        ("REPRISE_NOISE", "maybe", "auto, on or off"),
        ("REPRISE_MODEL", "gpt", "provider:model"),
        ("REPRISE_MODEL", "openai:", "provider:model"),
        ("REPRISE_EMBEDDER", "vggish", "musicnn, wav2vec2, clap"),
        ("REPRISE_CHROMA_URL", "localhost:8000", "http://"),
        ("REPRISE_BASE_URL", "localhost:8000", "http://"),
        ("REPRISE_DATABASE_URL", "postgres", "database"),
        ("REPRISE_WORKERS", "-1", "number of processes"),
    ],
)
def test_a_bad_value_is_one_clear_sentence(monkeypatch, name, value, wanted):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    text = str(caught.value)
    assert isinstance(caught.value, RepriseError)
    assert name in text and wanted in text and value in text
    assert text.count(".\n") == 0 and "\n" not in text


def test_home_in_the_way_of_a_file(monkeypatch, tmp_path):
    (tmp_path / "f").write_text("x")
    monkeypatch.setenv("REPRISE_HOME", str(tmp_path / "f"))
    with pytest.raises(SettingsError, match="wants a folder"):
        load_settings()


def test_given_values_win(monkeypatch):
    monkeypatch.setenv("REPRISE_MODEL", "openai:x")
    assert load_settings(model="builtin").model == "builtin"


def test_settings_are_frozen():
    with pytest.raises(ValueError):
        load_settings().home = Path("/")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("REPRISE_HOEM", "There is no setting REPRISE_HOEM: did you mean REPRISE_HOME?"),
        ("REPRISE_WORKER", "There is no setting REPRISE_WORKER: did you mean REPRISE_WORKERS?"),
        (
            "REPRISE_STORE_CACHE",
            "There is no setting REPRISE_STORE_CACHE: did you mean REPRISE_STORE_CACHE_GB?",
        ),
        ("REPRISE_CHROMAURL", "There is no setting REPRISE_CHROMAURL: did you mean REPRISE_CHROMA_URL?"),
        ("REPRISE_COLOUR", "There is no setting REPRISE_COLOUR; it changes nothing."),
    ],
)
def test_a_setting_that_is_none_is_named_with_the_nearest(name, said):
    assert unknown_settings([name, "REPRISE_HOME", "reprise_hop_s", "REPRISE_CACHE", "PATH", "REPRISEX"]) == [
        said
    ]


def test_a_command_says_so_once_and_goes_on(tmp_path):
    environment = {
        "PATH": "/usr/bin",
        "REPRISE_HOME": str(tmp_path / "home"),
        "REPRISE_WHISPR": "secret value",
    }
    command = [sys.executable, "-m", "app.cli", "check"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "There is no library" in done.stdout
    assert done.stderr == "reprise: There is no setting REPRISE_WHISPR: did you mean REPRISE_WHISPER?\n"


def test_whatever_the_code_reads_is_known():
    read = re.compile(r"""["'](REPRISE_[A-Z_]+)["']""")
    files = [
        file for room in ("app", "index", "tools", "demo", "bench") for file in (ROOT / room).rglob("*.py")
    ]
    names = {name for file in files for name in read.findall(file.read_text("utf-8"))}
    assert {"REPRISE_VERBOSE", "REPRISE_WEIGHTS"} <= names
    assert unknown_settings(names) == []
