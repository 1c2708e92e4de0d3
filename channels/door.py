"""What holds for every request, whichever channel it is for: its size and time, its reply's headers, its errors."""

from __future__ import annotations

import logging
from typing import Any

from sanic import Sanic
from sanic.exceptions import InvalidUsage, SanicException
from sanic.http import Http
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.problem import problem

logger = logging.getLogger(__name__)

# Twice what any channel takes: what is a little too large is still read, and refused by its channel with the reason.
MAX_BODY = 2_000_000  # bytes
# Seconds. A sender who is silent for longer is cut off; an answer takes 3 at most, and an erasure waits for a turn.
HEAD_WITHIN, BODY_AND_ANSWER_WITHIN = 10, 15

# Nothing that Rasa's port says is a page of its own, or for a cache; who serves a file says so itself.
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
_WHY = {
    400: "The request cannot be read.",
    404: "There is nothing at this address.",
    405: "This address does not take this method.",
    408: "The rest of the request did not come in time.",
    413: f"A request has {MAX_BODY} bytes at most, and 8 kB of headers.",
    500: "The log says more.",
    503: "It takes too long; the log may say why.",
}

_make_empty_request = Http.create_empty_request


class StrictRequest(Request):
    """A request whose length is a number: Sanic waits for the end of one with fewer bytes than none."""

    def __init__(self, url_bytes: bytes, headers: Any, *rest: Any, **more: Any) -> None:
        """Take what Sanic read of a request.

        Raises:
            InvalidUsage: it says wrongly how long it is.
        """
        super().__init__(url_bytes, headers, *rest, **more)
        length = self.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise InvalidUsage("Content-Length is not a number.")


def guard(app: Sanic) -> None:
    """Have the app keep to this; call it before the server starts."""
    app.config.REQUEST_MAX_SIZE = MAX_BODY
    app.config.REQUEST_TIMEOUT = HEAD_WITHIN
    app.config.RESPONSE_TIMEOUT = BODY_AND_ANSWER_WITHIN
    app.request_class = StrictRequest
    app.register_middleware(_add_headers, "response")
    app.error_handler.add(Exception, _tell)
    Http.create_empty_request = _without_its_address


def _without_its_address(connection: Http) -> None:
    """Make the request that stands for one that cannot be read.

    Sanic gives it the address that it could not read, fails on that once more and hangs up. A proxy such as nginx
    then takes the whole server for broken.
    """
    connection.url = None
    _make_empty_request(connection)


async def _add_headers(request: Request, reply: HTTPResponse) -> None:
    for name, value in _HEADERS.items():
        reply.headers.setdefault(name, value)


async def _tell(request: Request, error: Exception) -> HTTPResponse:
    """Return what went wrong, without a word of the request in it."""
    if isinstance(error, SanicException):
        status = getattr(error, "status_code", 500)
    else:  # without a route Sanic failed on it, before it was anybody's
        status = 400 if request.route is None else 500
    if status == 500:
        logger.error("A request failed.", exc_info=error)
    if status == 503 and request.stream.request_body:
        status = 408
    if status in (400, 408):
        request.stream.request_body = None  # what is left of it is not waited for
    return problem(status, _WHY.get(status, "It is not processed."), headers=getattr(error, "headers", None))
