"""The keyed hash under which a sender's conversation is kept.

It protects the parents when somebody gets hold of the database alone, as a backup or a stolen file: a telephone
number or a Telegram id can be neither read nor guessed by hashing all of them. Who has the key as well can guess,
so keep the key out of the database's backups. A database without its key is of no use to its senders: their
conversations are neither continued nor erased on request; they go when they expire.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Optional

VARIABLE = "OUDERWIJZER_SLEUTEL"
LEAST_LENGTH = 32  # characters


def read_key(database: Optional[Path]) -> bytes:
    """Return the key: the environment variable OUDERWIJZER_SLEUTEL, or else a file beside the database.

    The file has the database's name and ends on .sleutel; it is made when missing. `database` is None on a server.

    Raises:
        ValueError: there is no key, or it is too short to protect anything.
        OSError: the file can be neither read nor made.
    """
    key, place = os.environ.get(VARIABLE), VARIABLE
    if key is None and database is not None:
        file = database.with_suffix(".sleutel")
        if not file.exists():
            with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as new:
                new.write(secrets.token_hex(32))
        key, place = file.read_text(encoding="utf8").strip(), str(file)
    if len(key or "") < LEAST_LENGTH:
        raise ValueError(f"{place} must hold a key of at least {LEAST_LENGTH} characters (openssl rand -hex 32)")
    return key.encode("utf8")


def hash_sender(key: bytes, sender_id: str) -> str:
    """Return the name under which the sender's conversation is kept: HMAC-SHA256, 64 hexadecimal digits."""
    return hmac.new(key, sender_id.encode("utf8", "surrogatepass"), hashlib.sha256).hexdigest()
