"""Errors as RFC 9457 describes them."""

from __future__ import annotations

from typing import Dict, Optional, Text

from sanic import response
from sanic.response import HTTPResponse


def problem(
    status: int, detail: Text, kind: Text = "about:blank", headers: Optional[Dict[Text, Text]] = None
) -> HTTPResponse:
    """Return an error as `application/problem+json`.

    `detail` tells a developer what to do; `kind`, the problem's `type`, tells a program.
    """
    body = {"type": kind, "title": "Not processed", "status": status, "detail": detail}
    return response.json(
        body, status=status, headers=headers, content_type="application/problem+json", ensure_ascii=False
    )
