"""The core: sound in, moments out. Knows nothing of chat, pages or language models."""

import os

os.environ.setdefault("NUMBA_CACHE_LOCATOR_CLASSES", "index.system.compiled_locator.CompiledOnce")
"""Whom numba asks where compiled code is: it has to stand there before numba is imported anywhere."""
