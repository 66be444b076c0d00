"""Opens networks that transformers can read: from this computer first, from a hub where there is one.

torch and transformers are imported when a network is opened, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.core.errors import WeightsError
from index.core.options import PUBLISHED
from index.system.parts import need


def source_of(name: str) -> str:
    """The published name, or the folder's path, of what REPRISE_EMBEDDER names."""
    return PUBLISHED.get(name) or str(Path(name).expanduser().absolute())


def kind_of(name: str) -> str:
    """Which of the networks that can be used is in a folder, or has a published name: wav2vec2 or clap.

    Raises
    ------
    WeightsError
        If it cannot be had, or is another one.
    """
    need("torch", f"REPRISE_EMBEDDER={name}")
    if name in PUBLISHED:
        return name
    from transformers import AutoConfig

    kind = str(_opened(AutoConfig.from_pretrained, name).model_type)
    if kind not in PUBLISHED:
        raise WeightsError(f"The network in {source_of(name)} is “{kind}”; wav2vec2 and clap can be used.")
    return kind


def pretrained(classes: tuple[Any, ...], name: str) -> list[Any]:
    """One object of each class (a model, its preprocessing), as `from_pretrained` gives it. WeightsError."""
    return [_opened(each.from_pretrained, name) for each in classes]


def _opened(load: Callable[..., Any], name: str) -> Any:
    source = source_of(name)
    with _quiet():
        try:
            return load(source, local_files_only=True)
        except OSError as error:
            if name not in PUBLISHED:
                raise _unusable(source, error) from error
        except (ValueError, RuntimeError, KeyError, TypeError) as error:
            raise _unusable(source, error) from error
        try:
            return load(source)
        except (OSError, ValueError, RuntimeError) as error:
            raise WeightsError(
                f"The network {source} is not on this computer and no hub gave it: go where there is a network, "
                "or set REPRISE_EMBEDDER to a folder that holds it."
            ) from error


def _unusable(source: str, error: Exception) -> WeightsError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return WeightsError(f"The network in {source} could not be opened: {reason}.")


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no advice while a network loads; what fails is said by us."""
    import logging

    from transformers.utils import logging as transformers_logging

    bars, before = transformers_logging.is_progress_bar_enabled(), transformers_logging.get_verbosity()
    hub = logging.getLogger("huggingface_hub")
    level = hub.level
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    hub.setLevel(logging.ERROR)
    try:
        yield
    finally:
        hub.setLevel(level)
        transformers_logging.set_verbosity(before)
        if bars:
            transformers_logging.enable_progress_bar()


def set_threads(threads: int) -> None:
    """How many threads torch uses in this process, for all of its networks."""
    import torch

    torch.set_num_threads(threads)
