"""Plays H.264 files in a loop with the RTSP server of the PyPI package aio-rtsp-toolkit (TCP only).

Usage: toolkit_server.py PORT FOLDER
Prints `ready PORT` once it listens on 127.0.0.1, and ends when its standard input does.
"""

import asyncio
import logging
import os
import sys
import threading

import aio_rtsp_toolkit.server as toolkit


async def serve(port: int, folder: str) -> None:
    """Serve the files in `folder` until cancelled."""
    toolkit.logger = logging.getLogger("rtsp")
    server = toolkit.RtspServer(folder, host="127.0.0.1", port=port)
    await server.start()
    bound = server._server.sockets[0].getsockname()[1]  # noqa: SLF001  the package does not tell its port
    print("ready", bound, flush=True)  # noqa: T201  read by the process that started this one
    await server.serve_forever()


def end_with_input() -> None:
    """End this process when the one that started it closes the pipe between them, or dies."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
