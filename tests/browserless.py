"""A parent at the web connector, without a browser."""

from __future__ import annotations

import secrets
from typing import Any, Dict, List, Optional

import requests

from content.answer import Answer

ORIGIN = "https://www.wilgenhof.example"  # as in content/school.yml


def random_address() -> str:
    """Return an address for X-Forwarded-For, so that each parent has rate limits of their own."""
    return "10." + ".".join(str(byte) for byte in secrets.token_bytes(3))


class WebParent:
    """One session, or none before `opens`."""

    def __init__(self, url: str, school: Optional[str] = None, origin: str = ORIGIN) -> None:
        """`url` is Rasa's address, without a path; `origin` is the website on which the widget stands."""
        self._base = f"{url}/webhooks/web"
        self._school = {"school": school} if school else {}
        self.headers: Dict[str, str] = {"Origin": origin, "X-Forwarded-For": random_address()}

    def opens(self) -> Dict[str, Any]:
        """Open a session; return the body of the reply."""
        reply = self.request("POST", "/sessions", params=self._school)
        assert reply.status_code == 201, reply.text
        body = reply.json()
        self.headers["Authorization"] = f"Bearer {body['token']}"
        return body

    def types(self, text: str, message_id: Optional[str] = None) -> List[Answer]:
        """Return the answers to typed text."""
        return self._answers({"id": message_id or new_id(), "text": text})

    def presses(self, payload: str) -> List[Answer]:
        """Return the answers to a pressed button."""
        return self._answers({"id": new_id(), "payload": payload})

    def turns(self) -> List[Dict[str, Any]]:
        """Return the conversation as the server keeps it."""
        reply = self.request("GET", "/messages")
        assert reply.status_code == 200, reply.text
        return reply.json()["turns"]

    def erases(self) -> None:
        """Have the server forget the conversation."""
        assert self.request("DELETE", "/session").status_code == 204

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request below /webhooks/web with this session's headers; those in `options` go before."""
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, self._base + path, headers=headers, timeout=30, **options)

    def _answers(self, body: Dict[str, str]) -> List[Answer]:
        reply = self.request("POST", "/messages", json=body)
        assert reply.status_code == 200, reply.text
        assert reply.json()["id"] == body["id"]
        return reply.json()["answers"]


def new_id() -> str:
    """Return an id for a message."""
    return secrets.token_hex(16)
