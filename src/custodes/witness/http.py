"""The witness's HTTP interface: `POST /add-checkpoint`, and nothing else."""

import asyncio
import logging
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from custodes.domain.errors import IntegrityError, StoreError
from custodes.ledger.submission import MOST_BYTES, SIZE_TYPE, Submission
from custodes.witness.witness import Refused, Witness

_BODY_S: Final = 20
"""Seconds in which a request has to be there."""

_log = logging.getLogger(__name__)


def create_app(witness: Witness) -> Starlette:
    """Return the ASGI application that answers for `witness`."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await asyncio.wait_for(_body(request), _BODY_S)
            line = await run_in_threadpool(lambda: witness.add(Submission.parse(body)))
        except Refused as error:
            return _refusal(error)
        except IntegrityError as error:
            return _text(error.diagnostics(), 400)
        except (TimeoutError, ClientDisconnect):
            return _text("The request took too long.", 408)
        except StoreError as error:
            _log.exception("The checkpoint was not cosigned.")
            return _text(error.what, 500)
        return PlainTextResponse(str(line))

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


async def _body(request: Request) -> bytes:
    """Return the body of `request`.

    Raises:
        IntegrityError: It is larger than any submission.
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise IntegrityError("The submission is too large", why=f"{MOST_BYTES} bytes are the limit")
    return bytes(body)


def _refusal(error: Refused) -> Response:
    _log.warning("%s: %s", int(error.status), error.diagnostics())
    if error.size is not None:
        # As a header, for Starlette would add a charset to a media type.
        return Response(f"{error.size}\n", error.status, {"Content-Type": SIZE_TYPE})
    return _text(error.diagnostics(), error.status)


def _text(text: str, status: int) -> Response:
    return PlainTextResponse(f"{text}\n", status)
