"""What holds for the page's server as a whole: its log, its files' permissions, who may ask."""

from __future__ import annotations

from starlette.middleware import Middleware

from app.settings import SettingsError, load_settings
from app.ui.guard import Guard
from index.system.files import private_from_now_on


def begin_serving() -> None:
    """To be called once, before anything is served."""
    from app.log import start_logging

    private_from_now_on()
    try:
        settings = load_settings()
    except SettingsError:
        return  # the page says which
    start_logging(settings.home, settings.verbose)


def middleware() -> list[Middleware]:
    """What stands before the whole application."""
    return [Middleware(Guard, hosts=_hosts)]


def _hosts() -> list[str]:
    """Further names under which the page may be visited."""
    try:
        return [name.strip() for name in load_settings().hosts.split(",") if name.strip()]
    except SettingsError:
        return []
