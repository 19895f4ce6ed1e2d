"""What a host can set: environment variables that begin with ``TEXTTHEMA_``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import limits

from textthema.errors import InputError, shown

MAX_CHARACTERS = 20_000
MAX_BYTES = 1_000_000
MAX_TEXTS = 32


@dataclass(frozen=True)
class Settings:
    """How the website serves.

    Attributes:
        model: Model directory or Hub id; None for the model that comes with TextThema.
        rate_limit: Texts that one client may have read, in Flask-Limiter's notation; ``""`` for no limit.
        limiter_storage: Where clients are counted. In memory each worker counts for itself.
        proxies: How many trusted proxies stand in front, each adding an ``X-Forwarded-For``.
        running: Texts that a worker reads at the same time.
        waiting: Requests that may wait for their turn in a worker; one more is refused at once.
    """

    model: str | None = None
    rate_limit: str = "120 per minute"
    limiter_storage: str = "memory://"
    proxies: int = 0
    running: int = 1
    waiting: int = 4

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Args:
            environment: Variables; those of the process by default.

        Returns:
            The settings, with the defaults for what is not set.

        Raises:
            InputError: A number is no number or too small, or the limit isn't one.
        """
        return cls(
            model=environment.get("TEXTTHEMA_MODEL") or None,
            rate_limit=_limit(environment, "TEXTTHEMA_RATE_LIMIT", cls.rate_limit),
            limiter_storage=environment.get("TEXTTHEMA_LIMITER_STORAGE", cls.limiter_storage),
            proxies=_number(environment, "TEXTTHEMA_PROXIES", cls.proxies, least=0),
            running=_number(environment, "TEXTTHEMA_RUNNING", cls.running, least=1),
            waiting=_number(environment, "TEXTTHEMA_WAITING", cls.waiting, least=0),
        )


def _limit(environment: Mapping[str, str], name: str, default: str) -> str:
    value = environment.get(name, default)
    if value:
        try:
            limits.parse_many(value)
        except ValueError as error:
            raise InputError(
                f"{name} is {shown(value)}; set it to a limit like '120 per minute', or to nothing for none",
                value=value,
            ) from error
    return value


def _number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    value = environment.get(name, str(default))
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise InputError(f"{name} is {shown(value)}; set it to a whole number of {least} or more", value=value)
    return int(value)
