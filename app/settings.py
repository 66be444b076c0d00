"""Settings, read once from the environment: every name starts with REPRISE_.

A value that cannot be used raises `SettingsError`, one sentence that says which, and what is wanted.
Nothing else in the product reads the environment, but the providers' own keys (OPENAI_API_KEY, ...),
which LangChain's classes read themselves, and S3's (AWS_ACCESS_KEY_ID, ...), which `obstore` reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from index.core.errors import RepriseError, printable

EMBEDDERS = ("musicnn", "wav2vec2", "clap")
PREFIX = "REPRISE_"
_READ_ELSEWHERE = frozenset(
    PREFIX + each
    for each in (
        "CACHE", "CHROMIUM", "COMPILES_INTO", "REQUIRE_BROWSER", "REQUIRE_ENGINES", "RESERVED", "WEIGHTS",
    )
)  # fmt: skip
"""By what runs before there are settings, and by what only developers run."""
_NEAR = 70.0


class SettingsError(RepriseError):
    """A setting that cannot be used."""

    def __init__(self, name: str, value: object, wants: str) -> None:
        self.name = name
        self.value = value
        super().__init__(f"The setting {name} wants {wants}, not “{printable(str(value))}”.")


def _default_home() -> Path:
    from platformdirs import user_data_path

    return user_data_path("reprise", appauthor=False)


class Settings(BaseSettings):
    """What can be set; the description of a field completes the sentence "REPRISE_X wants ..."."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    home: Annotated[Path, Field(description="a folder")] = Field(default_factory=_default_home)
    """All data: catalogue, vectors, frames, clips, conversations, playlists."""
    model: Annotated[str, Field(description="“builtin”, or provider:model as in openai:gpt-5-mini")] = (
        "builtin"
    )
    """Who answers: the built-in planner, or a chat model by LangChain's name for it."""
    base_url: Annotated[str, Field(description="the address of a server, as http://localhost:8080/v1")] = ""
    """Where the language model is served, for servers that speak OpenAI's or Ollama's protocol."""
    model_timeout_s: Annotated[float, Field(gt=0, le=3600, description="seconds from 1 to 3600")] = 120.0
    """How long a language model may take for one turn; then the built-in planner answers in its place."""
    context_tokens: Annotated[
        int, Field(ge=0, le=2_000_000, description="a number of tokens; 0 is what the model is known to have")
    ] = 0
    """How much the language model can read at once; longer conversations are summarised for it."""
    embedder: Annotated[str, Field(description="musicnn, wav2vec2, clap or a folder with a model")] = (
        "musicnn"
    )
    """The network of timbre's vector. Each has an index of its own in the home; CLAP also compares descriptions."""
    chroma_url: Annotated[str, Field(description="the address of a server, as http://localhost:8000")] = ""
    """A Chroma server of your own; without it one starts when it is needed."""
    chroma_token: Annotated[str, Field(description="the token that the server asks for", repr=False)] = ""
    """What that server, or Chroma's cloud, lets in: sent with every question."""
    chroma_tenant: Annotated[str, Field(description="the name of a tenant")] = ""
    """The tenant on that server; without it Chroma's default."""
    chroma_database: Annotated[str, Field(description="the name of a database")] = ""
    """The database of that tenant; without it Chroma's default."""
    database_url: Annotated[
        str, Field(description="a database's address, as postgresql://user@host/name")
    ] = ""
    """PostgreSQL for the catalogue and the conversations; without it SQLite, in the home."""
    store_url: Annotated[str, Field(description="the address of a bucket, as s3://music/reprise")] = ""
    """S3 for frames and clips; without it they lie in the home. Keys and server by AWS_ACCESS_KEY_ID and the like."""
    store_cache_gb: Annotated[float, Field(ge=0.1, le=10000, description="a number of gigabytes")] = 4.0
    """How much of what lies in that bucket is kept in the home as well, so that it is read sooner."""
    window_s: Annotated[float, Field(ge=1, le=60, description="a length in seconds from 1 to 60")] = 10.0
    """Length of the windows that a track is indexed in."""
    hop_s: Annotated[float, Field(ge=0.5, le=10, description="a length in seconds from 0.5 to 10")] = 2.0
    """Distance between the starts of two windows."""
    keep_days: Annotated[float, Field(ge=0, le=36500, description="a number of days; 0 keeps nothing")] = 30.0
    """How long what was measured of a track is kept after it left the library."""
    noise: Annotated[Literal["auto", "on", "off"], Field(description="auto, on or off")] = "auto"
    """Noise reduction of microphone recordings."""
    whisper: Annotated[
        str,
        Field(
            description="a size of Whisper (tiny, base, small, medium, turbo, large), a file of its weights, or off"
        ),
    ] = "base"
    """Which network writes down words."""
    hosts: Annotated[str, Field(description="names of this computer, with commas between them")] = ""
    """Further names under which the page may be visited."""
    page_id: Annotated[str, Field(description="any text")] = ""
    """By which `reprise app` knows the server that it started."""
    verbose: Annotated[bool, Field(description="1 or 0")] = False
    """Whether more is written to the log, and on the screen; `reprise -v` sets it."""
    mcp_token: Annotated[str, Field(description="at least 16 characters that only you know")] = ""
    """What other assistants have to show `reprise mcp --http`; made and kept in the home where it is empty."""
    clip_minutes: Annotated[float, Field(ge=1, le=60, description="minutes from 1 to 60")] = 15.0
    """So much of a long clip is listened to at once; the rest is offered."""
    workers: Annotated[int, Field(ge=0, le=256, description="a number of processes; 0 is one a core")] = 0
    """How many processes analyse music that is added."""

    @field_validator("home", mode="after")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("home", mode="after")
    @classmethod
    def _folder(cls, home: Path) -> Path:
        if home.exists() and not home.is_dir():
            raise ValueError("a file is in the way")
        return home

    @field_validator("model", mode="after")
    @classmethod
    def _named_model(cls, model: str) -> str:
        provider, _, name = model.strip().partition(":")
        if model.strip() != "builtin" and not (provider and name):
            raise ValueError("no provider")
        return model.strip()

    @field_validator("embedder", mode="after")
    @classmethod
    def _known_embedder(cls, embedder: str) -> str:
        if embedder not in EMBEDDERS and not Path(embedder).expanduser().is_dir():
            raise ValueError("unknown")
        return embedder

    @field_validator("whisper", mode="after")
    @classmethod
    def _known_whisper(cls, whisper: str) -> str:
        from index.models.whisper_weights import SIZES

        known = whisper == "off" or whisper in SIZES or Path(whisper).expanduser().is_file()
        if not known:
            raise ValueError("unknown")
        return whisper

    @field_validator("mcp_token", mode="after")
    @classmethod
    def _long_enough(cls, token: str) -> str:
        if token and (len(token) < 16 or not token.isascii() or not token.isprintable()):
            raise ValueError("too short")
        return token

    @field_validator("base_url", "chroma_url", mode="after")
    @classmethod
    def _http(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("no scheme")
        return url.rstrip("/")

    @field_validator("store_url", mode="after")
    @classmethod
    def _bucket(cls, url: str) -> str:
        if url and not (url.startswith("s3://") and url.removeprefix("s3://").strip("/")):
            raise ValueError("no bucket")
        return url.rstrip("/")

    @field_validator("database_url", mode="after")
    @classmethod
    def _database(cls, url: str) -> str:
        if url and "://" not in url:
            raise ValueError("no scheme")
        return url


def load_settings(**given: Any) -> Settings:
    """The settings of this process; `given` takes precedence over the environment.

    Raises
    ------
    SettingsError
        Naming the first setting that cannot be used.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        wants = Settings.model_fields[field].description or "another value"
        raise SettingsError(f"{PREFIX}{field.upper()}", first["input"], wants) from error


def unknown_settings(names: Iterable[str]) -> list[str]:
    """A sentence for each name of the environment that looks like a setting and is none, with the nearest one."""
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    wrong = sorted(
        name
        for name in names
        if name.upper().startswith(PREFIX) and name.upper() not in known | _READ_ELSEWHERE
    )
    return [f"There is no setting {printable(name)}{_nearest(name.upper(), known)}" for name in wrong]


def _nearest(name: str, known: Iterable[str]) -> str:
    from rapidfuzz import fuzz, process

    own = name.removeprefix(PREFIX)
    found = process.extractOne(
        own, [each.removeprefix(PREFIX) for each in known], scorer=fuzz.ratio, score_cutoff=_NEAR
    )
    return f": did you mean {PREFIX}{found[0]}?" if found else "; it changes nothing."
