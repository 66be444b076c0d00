"""Which chat model answers: the built-in planner, or a language model named provider:model in REPRISE_MODEL."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from index.core.errors import RepriseError
from index.system.parts import how_to_get

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from app.settings import Settings

RETRIES = 1
OWN_CONTEXT = 8192
"""Tokens that a server of one's own is taken to have room for, unless REPRISE_CONTEXT_TOKENS says otherwise."""
MOST_CONTEXT = 32_000
"""More of a conversation than this is not sent to any model."""
OWN_TEMPERATURE = 0.2
"""Small models keep to the tools' forms at a low one. Providers' models have their own."""
_PACKAGES = {"openai": "langchain_openai", "anthropic": "langchain_anthropic", "ollama": "langchain_ollama"}
_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_FOREIGN = (
    "openai",
    "anthropic",
    "ollama",
    "httpx",
    "httpx2",
    "httpcore",
    "httpcore2",
    "langchain_core.exceptions",
)


class ModelUnavailableError(RepriseError):
    """The language model cannot answer; the built-in planner is always there."""


def open_model(settings: Settings) -> BaseChatModel:
    """The chat model that the settings name.

    Raises
    ------
    ModelUnavailableError
        If the provider is not known here, or its key is missing.
    """
    if settings.model == "builtin":
        from app.agent.planner.model import Planner

        return Planner()
    provider, _, name = settings.model.partition(":")
    package = _PACKAGES.get(provider, f"langchain_{provider}")
    if importlib.util.find_spec(package) is None:
        advice = (
            how_to_get("llm")
            if provider in _PACKAGES
            else f"without it there are {', '.join(_PACKAGES)} and builtin"
        )
        raise ModelUnavailableError(
            f"REPRISE_MODEL is {settings.model}, but the package {package.replace('_', '-')} is not installed: "
            f"{advice}."
        )
    from langchain.chat_models import init_chat_model

    try:
        return init_chat_model(name, model_provider=provider, **_options(provider, settings))
    except Exception as error:
        raise explain(error, settings) from error


def settings_for(settings: Settings, model: str) -> Settings:
    """The settings with another model; the server of the set model is not the other one's."""
    if not model or model in (settings.model, "given"):
        return settings
    return settings.model_copy(update={"model": model, "base_url": ""})


def own_server(settings: Settings) -> bool:
    """Whether the model runs on a server of the user's own."""
    return settings.model.startswith("ollama:") or bool(settings.base_url)


def context_of(model: BaseChatModel, settings: Settings) -> int:
    """How many tokens a request and its reply may have together."""
    if settings.context_tokens:
        return settings.context_tokens
    profile = getattr(model, "profile", None) or {}
    known = profile.get("max_input_tokens")
    if own_server(settings) or not isinstance(known, int):
        return OWN_CONTEXT
    return min(known, MOST_CONTEXT)


def _options(provider: str, settings: Settings) -> dict[str, Any]:
    """Time limits and addresses, in each provider's own words."""
    options: dict[str, Any] = {"base_url": settings.base_url} if settings.base_url else {}
    if own_server(settings):
        options["temperature"] = OWN_TEMPERATURE
    if provider == "ollama":
        # Ollama cuts off what is longer than its own default without a word.
        options["num_ctx"] = settings.context_tokens or OWN_CONTEXT
        return {**options, "client_kwargs": {"timeout": settings.model_timeout_s}}
    if provider in _KEYS:
        options |= {"timeout": settings.model_timeout_s, "max_retries": RETRIES}
    if provider == "openai" and settings.base_url:
        import os

        # Local servers that speak OpenAI's protocol want no key, but the client insists on one.
        options["api_key"] = os.environ.get("OPENAI_API_KEY") or "none"
        options["use_responses_api"] = False
    return options


def explain(error: Exception, settings: Settings) -> Exception:
    """A provider's error as one sentence with what to do; an error of another kind as it is."""
    from langchain_core import exceptions as known

    provider = settings.model.partition(":")[0]
    where = settings.base_url or {"ollama": "Ollama on this machine"}.get(provider, provider)
    key = _KEYS.get(provider, "the key")
    back = "Or unset REPRISE_MODEL to go on with the built-in planner."
    status = getattr(error, "status_code", None)
    text = str(error)
    if isinstance(error, known.ModelAuthenticationError) or "api_key" in text or status == 401:
        what = f"{where} did not accept the key: set {key} to a valid one."
    elif isinstance(error, known.ModelPermissionDeniedError) or status == 403:
        what = f"The key in {key} may not use {settings.model}."
    elif isinstance(error, known.ModelNotFoundError) or status == 404:
        advice = (
            f"try `ollama pull {settings.model.partition(':')[2]}`"
            if provider == "ollama"
            else "check its name"
        )
        what = f"{where} has no model called {settings.model.partition(':')[2]}: {advice}."
    elif isinstance(error, known.ModelRateLimitError) or status == 429:
        what = f"{where} takes no more questions for now (its rate limit or quota): wait a little."
    elif isinstance(error, known.ContextOverflowError):
        what = f"This conversation is too long for {settings.model}: start a new one."
    elif isinstance(error, known.ModelTimeoutError) or "timeout" in type(error).__name__.lower():
        what = f"{where} did not answer within {settings.model_timeout_s:g} s."
    elif (
        isinstance(error, (known.ModelConnectionError, ConnectionError)) or "Connect" in type(error).__name__
    ):
        what = f"{where} cannot be reached: is it running, and is the network up?"
    elif isinstance(error, known.ModelError) or type(error).__module__.startswith(_FOREIGN):
        first = text.strip().splitlines()[0][:200] if text.strip() else type(error).__name__
        what = f"{where} could not answer ({first.rstrip('.')})."
    else:
        return error
    return ModelUnavailableError(f"{what} {back}")
