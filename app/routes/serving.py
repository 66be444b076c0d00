"""What holds for the page's server as a whole: its log, its files' permissions, who may ask."""

from __future__ import annotations

import os
import signal
import threading
import time

from starlette.middleware import Middleware

from app.routes.guard import Guard
from app.settings import SettingsError, load_settings
from index.system.files import private_from_now_on

LOOK_S = 1.0
END_S = 10.0
"""What the server has to end by itself."""


def begin_serving() -> None:
    """To be called once, before anything is served."""
    from app.log import start_logging

    private_from_now_on()
    try:
        settings = load_settings()
    except SettingsError:
        return  # the page says which
    start_logging(settings.home, settings.verbose)
    if settings.page_id:
        threading.Thread(target=_end_with, args=(os.getppid(),), name="keeper", daemon=True).start()


def _end_with(keeper: int) -> None:
    """End when `reprise app`, which started this server, is gone, however it ended: its port is free again then."""
    while os.getppid() == keeper:
        time.sleep(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_S)
    os._exit(1)


def middleware() -> list[Middleware]:
    """What stands before the whole application."""
    return [Middleware(Guard, hosts=_hosts)]


def _hosts() -> list[str]:
    """Further names under which the page may be visited."""
    try:
        return [name.strip() for name in load_settings().hosts.split(",") if name.strip()]
    except SettingsError:
        return []
