"""`python -m bot.supervisor.serve_gateway FD`: the gateway on a socket that the supervisor holds.

While the gateway is started again, customers' connections wait in that socket instead of being refused.
"""

from __future__ import annotations

import socket
import sys

import uvicorn

from bot.gateway.app import create_app

# Open streams are closed after this long, so that stopping does not wait for customers to leave.
_GRACE_SECONDS = 3
# Above the longest message that the stream takes, so that a too long one is answered rather than cut off.
_LONGEST_FRAME = 131_072


def main() -> None:
    public = socket.socket(fileno=int(sys.argv[1]))
    config = uvicorn.Config(
        create_app,
        factory=True,
        access_log=False,
        log_level="warning",
        server_header=False,
        ws_max_size=_LONGEST_FRAME,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[public])


if __name__ == "__main__":
    main()
