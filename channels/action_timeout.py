"""How long Rasa waits for the action server.

Rasa has no setting for it, and waits for five minutes. So long the parent's conversation is locked: all that they ask
meanwhile fails too, and what the action server says in the end reaches nobody.
"""

from __future__ import annotations

from rasa.core.actions import action


def wait_no_longer_than(seconds: float) -> None:
    """Have Rasa, in this process, give an action up after so many seconds; the turn then ends without an answer."""
    action.DEFAULT_REQUEST_TIMEOUT = seconds
