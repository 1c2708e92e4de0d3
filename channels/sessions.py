"""The signed tokens of web sessions: the server names the conversation, never the client."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Callable, NamedTuple, Optional

from itsdangerous import BadSignature, Signer

RANDOMNESS = 24  # bytes of a session's id; 128 bits are out of reach of guessing, this is 192
LIFETIME = 12 * 3_600  # seconds; a day at school, the evening after it not


class InvalidToken(ValueError):
    """A token is forged, altered or expired, or none at all."""


class Session(NamedTuple):
    """What a token stands for: whose conversation, and with which school (None for the default one)."""

    sender: str
    school: Optional[str]


class Sessions:
    """Issues and reads tokens. Nothing is kept of them here: any process with the same key reads them."""

    def __init__(self, key: bytes, now: Callable[[], float] = time.time) -> None:
        """`key` signs, at least 32 bytes; `now` gives seconds since 1970."""
        self._signer = Signer(key, salt="web session", key_derivation="hmac", digest_method=hashlib.sha256)
        self._now = now

    def issue(self, school: Optional[str] = None) -> str:
        """Return a token for a new session with a school, a name in content/scholen/."""
        parts = [secrets.token_urlsafe(RANDOMNESS), str(int(self._now()) + LIFETIME), school]
        return self._signer.sign(".".join(filter(None, parts))).decode("ascii")

    def read(self, token: str) -> Session:
        """Return the session that the token stands for.

        Raises:
            InvalidToken: we did not issue it, or it has expired.
        """
        try:
            signed = self._signer.unsign(token.encode("utf8", "surrogatepass")).decode("ascii")
        except BadSignature as error:
            raise InvalidToken("not one of ours") from error
        session, expires, *school = signed.split(".")
        # Not by itsdangerous' own clock: that takes a token for expired when this clock is behind the one it is from.
        if int(expires) < self._now():
            raise InvalidToken("expired")
        return Session(f"web-{session}", school[0] if school else None)
