"""Language models that run on this computer already: asks Ollama, on loopback only, which ones it has."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

ADDRESS = "http://localhost:11434"
TIMEOUT_S = 0.5
KEPT_S = 20.0
"""How long an answer is good for; the page asks at every click."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ABLE = (
    "qwen3",
    "gpt-oss",
    "qwen2.5",
    "llama3",
    "mistral",
    "ministral",
    "granite",
    "command-r",
    "phi4",
    "gemma",
)
"""Families that call tools well, best first."""
_LARGE_B = 16.0
"""Billions of parameters; a larger model is slow on most computers, so it is not the first to be offered."""


def is_loopback(url: str) -> bool:
    """Whether an address is this computer's own."""
    return urlsplit(url).hostname in LOOPBACK


def ollama_models(address: str = ADDRESS, timeout_s: float = TIMEOUT_S) -> tuple[str, ...]:
    """Models that can talk, the one to offer first at the head; none where no Ollama runs here."""
    if not is_loopback(address):
        return ()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/api/tags", timeout=timeout_s) as answer:
            listed = json.loads(answer.read(1_000_000))["models"]
        found = [model for model in listed if _talks(model)]
        return tuple(str(model["name"]) for model in sorted(found, key=_rank))
    except (urllib.error.URLError, OSError, ValueError, KeyError, TypeError):
        return ()


def _talks(model: Mapping[str, Any]) -> bool:
    """Whether it is a model for conversations that runs here: no embedder, none of another computer's."""
    name = str(model["name"]).lower()
    families = (model.get("details") or {}).get("families") or ()
    away = model.get("remote_host") or model.get("remote_model") or name.endswith("-cloud")
    return not away and "embed" not in name and not any("bert" in str(family) for family in families)


def _rank(model: Mapping[str, Any]) -> tuple[bool, int, float, str]:
    name = str(model["name"]).lower()
    told = re.search(r"([\d.]+)\s*([BM])", str((model.get("details") or {}).get("parameter_size", "")))
    billions = float(told[1]) / (1000 if told[2] == "M" else 1) if told else 0.0
    able = next((place for place, family in enumerate(_ABLE) if name.startswith(family)), len(_ABLE))
    return billions > _LARGE_B, able, -billions, name


class LocalModels:
    """What Ollama has, asked now and then; safe for several threads."""

    def __init__(self, address: str = ADDRESS) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._asked_at = -KEPT_S
        self._names: tuple[str, ...] = ()

    def names(self) -> tuple[str, ...]:
        """The models, the one to offer first at the head."""
        with self._lock:
            if time.monotonic() - self._asked_at > KEPT_S:
                self._names = ollama_models(self._address)
                self._asked_at = time.monotonic()
            return self._names
