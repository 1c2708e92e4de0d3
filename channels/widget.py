"""The widget's script and the demo page, as files for a browser."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Dict, Optional, Text

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.problem import problem
from content import Schools

WIDGET = Path(__file__).parent.parent / "widget"
SCRIPT = WIDGET / "dist/ouderwijzer.js"
DEMO = WIDGET / "demo"

FRESH = 3_600  # seconds that a browser may use the script without asking: so long a new version takes to arrive

# What the demo page is held to; a school's own page may be as strict.
_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'"
_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


class Widget:
    """Serves files that were read once, at start.

    The script gets the colours of the schools that have some, so that the closed widget shows them without a request of
    its own; in a block with it, so that they are no name of the page's.
    """

    def __init__(self, schools: Schools) -> None:
        self._script = SCRIPT.read_bytes() if SCRIPT.exists() else None
        colours = {name or "": content.school.widget.colours for name, content in schools.items()}
        given = {name: values for name, values in colours.items() if values}
        if self._script is not None and given:
            constant = f"const ouderwijzerKleuren={json.dumps(given)};"
            self._script = b"{" + constant.encode("ascii") + b"\n" + self._script + b"\n}"
        self._demo = {"/" if file.name == "index.html" else f"/demo/{file.name}": file for file in DEMO.iterdir()}
        if self._script is not None:
            self._zipped = gzip.compress(self._script, mtime=0)
            self._version = f'"{hashlib.sha256(self._script).hexdigest()[:16]}"'

    def script(self, request: Request) -> HTTPResponse:
        """Return the widget, or only that the browser has this version already."""
        if self._script is None:
            return problem(404, "The widget is not built. Build it and start again: make widget")
        headers = {
            "Cache-Control": f"public, max-age={FRESH}",
            "ETag": self._version,
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if self._version in request.headers.get("if-none-match", ""):
            return response.empty(status=304, headers=headers)
        body = self._script
        if "gzip" in request.headers.get("accept-encoding", ""):
            body, headers["Content-Encoding"] = self._zipped, "gzip"
        return response.raw(body, headers=headers, content_type="text/javascript; charset=utf-8")

    async def demo(self, request: Request) -> Optional[HTTPResponse]:
        """Return a file of the demo page, None if the request is for something else."""
        file = self._demo.get(request.path)
        if file is None or request.method != "GET":
            return None
        headers: Dict[Text, Text] = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
        return response.raw(file.read_bytes(), headers=headers, content_type=_TYPES[file.suffix])
