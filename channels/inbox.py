"""The durable inbox of the messengers: what was acknowledged is answered, also after a crash or a power cut.

A webhook is acknowledged once its message stands here, in the database that holds the conversations. Each message
comes out in the order of its sender, is answered once, and its answers are sent part by part, so that a process that
is killed in the middle of a send costs one repeated part at most. Who wrote and what they wrote is encrypted, and
goes as soon as it is answered; the message's hash stays for three days, to know one that is delivered again.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from dataclasses import dataclass
from typing import Any, Callable, Collection, Dict, List, Optional, Text

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from storage.senders import hash_sender
from storage.tracker_store import PrivateTrackerStore

logger = logging.getLogger(__name__)

LEASE = 60.0  # seconds; longer than one answer and one send take, and what a killed process holds up others
REMEMBERED = 3 * 86_400.0  # seconds; Meta delivers again for up to 7 days, but hardly ever after the first hours
AT_MOST = 600.0  # seconds that a message waits; one that is to wait longer was put off before the clock was set back
GIVEN_UP = 86_400.0  # seconds; WhatsApp takes answers for 24 hours, and who waited longer asks again

_TABLE = sa.Table(
    "inbox",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("message", sa.String(32), nullable=False),  # hash of the channel's id of it
    sa.Column("sender", sa.String(64), nullable=False, index=True),  # hash; empty once it is done
    sa.Column("body", sa.Text),  # encrypted; null once it is done
    sa.Column("answers", sa.Text),  # encrypted; null until there are any, and once it is done
    sa.Column("sent", sa.Integer, nullable=False, default=0),  # parts of the answers that are out
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("received", sa.Float, nullable=False),
    sa.Column("free_from", sa.Float, nullable=False),  # until then another process, or a wait, holds it
    sa.UniqueConstraint("channel", "message"),
)


@dataclass
class Item:
    """A message under way: `body` as it was put in, `answers` once there are any, `sent` parts that are out."""

    id: int
    message_id: Text
    body: Dict[Text, Any]
    answers: Optional[List[Any]]
    sent: int
    tries: int
    received: float


class Inbox:
    """One channel's messages. Several processes may work on the same ones."""

    def __init__(self, store: PrivateTrackerStore, channel: Text, now: Callable[[], float] = time.time) -> None:
        """`store` gives the database and the key; `now` gives seconds since 1970."""
        self._engine = store.engine
        self._channel = channel
        self._now = now
        self._key = store.derived_key("inbox")
        self._cipher = Fernet(base64.urlsafe_b64encode(self._key))
        _TABLE.create(self._engine, checkfirst=True)

    def put(self, message_id: Text, sender: Text, body: Dict[Text, Any]) -> bool:
        """Keep a message for later; tell whether it is a new one."""
        row = {
            "channel": self._channel,
            "message": self.anonymous(message_id),
            "sender": hash_sender(self._key, sender),
            "body": self._encrypt(body),
            "received": self._now(),
            "free_from": 0.0,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(_TABLE), row)
        except sa.exc.IntegrityError:
            return False
        return True

    def anonymous(self, message_id: Text) -> Text:
        """Return the id under which a message is kept: 32 hexadecimal digits that say nothing of its sender."""
        return hash_sender(self._key, f"{self._channel} {message_id}")[:32]

    def claim(self, but: Collection[int] = ()) -> Optional[Item]:
        """Return the oldest message that nobody works on, once all earlier ones of its sender are done; None if none.

        It is this process's for `LEASE` seconds, and after each `keep_answers` and `keep_sent` for as long again.
        Leases go by the machine's clock, as several machines share them: `but` names the messages that this process
        is at, which are not free, even when that clock was set meanwhile.
        """
        earlier, now = _TABLE.alias(), self._now()
        before = sa.exists().where(
            earlier.c.channel == _TABLE.c.channel,
            earlier.c.sender == _TABLE.c.sender,
            earlier.c.body.isnot(None),
            earlier.c.id < _TABLE.c.id,
        )
        due = sa.or_(_TABLE.c.free_from <= now, _TABLE.c.free_from > now + AT_MOST)
        free = sa.and_(_TABLE.c.body.isnot(None), due, _TABLE.c.id.notin_(list(but)))
        oldest = sa.select(_TABLE).where(_TABLE.c.channel == self._channel, free, ~before).order_by(_TABLE.c.id)
        with self._engine.begin() as connection:
            row = connection.execute(oldest.limit(1)).first()
            if row is None:
                return None
            taken = {"free_from": now + LEASE, "tries": row.tries + 1}
            # Another process may have been faster: then the row is not as it was.
            mine = sa.update(_TABLE).where(_TABLE.c.id == row.id, _TABLE.c.free_from == row.free_from).values(taken)
            if connection.execute(mine).rowcount == 0:
                return None
        item = Item(row.id, row.message, {}, None, row.sent, row.tries + 1, row.received)
        try:
            item.body = self._decrypt(row.body)
            item.answers = self._decrypt(row.answers) if row.answers else None
        except InvalidToken:
            logger.error("A message was kept with another key and cannot be read; it is dropped. Keep the key.")
            self.finish(item)
            return self.claim(but)
        return item

    def keep_answers(self, item: Item, answers: List[Any]) -> None:
        """Keep the answers of a message, so that after a crash the same are sent."""
        item.answers = answers
        self._change(item, answers=self._encrypt(answers), free_from=self._now() + LEASE)

    def keep_sent(self, item: Item) -> None:
        """Note that one more part of the answers is out."""
        item.sent += 1
        self._change(item, sent=item.sent, free_from=self._now() + LEASE)

    def postpone(self, item: Item, seconds: float) -> None:
        """Let the message be claimed again after so many seconds (`AT_MOST`); later ones of its sender wait with it."""
        self._change(item, free_from=self._now() + min(seconds, AT_MOST))

    def finish(self, item: Item) -> None:
        """Forget what was in a message and its answers, and who sent it."""
        self._change(item, body=None, answers=None, sender="")

    def is_too_old(self, item: Item) -> bool:
        """Tell whether a message is waiting for longer than anybody waits for an answer."""
        return self._now() - item.received > GIVEN_UP

    def remove_old(self) -> None:
        """Delete what is done and need not be remembered any longer."""
        old = sa.and_(_TABLE.c.body.is_(None), _TABLE.c.received < self._now() - REMEMBERED)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.channel == self._channel, old))

    def _change(self, item: Item, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(_TABLE).where(_TABLE.c.id == item.id).values(values))

    def _encrypt(self, value: Any) -> Text:
        return self._cipher.encrypt(json.dumps(value).encode("utf8")).decode("ascii")

    def _decrypt(self, text: Text) -> Any:
        return json.loads(self._cipher.decrypt(text.encode("ascii")))
