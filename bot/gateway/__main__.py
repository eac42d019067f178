"""`python -m bot.gateway`: one gateway by itself, as settings say. Any number may run on one PostgreSQL database."""

from __future__ import annotations

import uvicorn

from bot.gateway.app import create_app
from bot.gateway.channels.stream import LONGEST_FRAME
from bot.settings import Settings

_GRACE_SECONDS = 3


def main() -> None:
    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        server_header=False,
        ws_max_size=LONGEST_FRAME,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
