"""Measures how long an answer takes in a long conversation: `python -m tools.bench`.

The same messages are sent over and over in one conversation, through the connector, Rasa and the action server, so
that the turns differ in what went before and in nothing else. The times are those that a parent waits.
"""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median
from typing import List

import requests

from tools.server import Server, ServerError, free_port

MESSAGES = (
    "mijn zoon wordt gepest op school",
    "heb je een voorbeeld?",
    "meer tips",
    "zal ik de meldingen van cijfers uitzetten?",
    "en op de middelbare dan?",
)
CONVERSATIONS = 3
ROUNDS = 41  # of all messages: a conversation of 205 turns
COMPARED = 2  # rounds at each end whose times are compared, the first one left out: it warms up


def talk(url: str) -> List[List[float]]:
    """Hold one conversation; return the milliseconds of every answer, by round."""
    webhook, sender = f"{url}/webhooks/terminal/webhook", uuid.uuid4().hex
    rounds = []
    for _ in range(ROUNDS):
        times = []
        for text in MESSAGES:
            start = time.perf_counter()
            reply = requests.post(webhook, json={"sender": sender, "text": text}, timeout=30)
            times.append(1000 * (time.perf_counter() - start))
            reply.raise_for_status()
        rounds.append(times)
    return rounds


def main() -> int:
    """Print the median times at both ends of the conversations."""
    with tempfile.TemporaryDirectory(prefix="ouderwijzer-bench-") as folder:
        try:
            with Server(Path(folder), free_port(), free_port(), conversations=Path(folder, "gesprekken.db")) as server:
                print("Starting ...", file=sys.stderr)
                server.wait_until_ready()
                talks = [talk(server.url) for _ in range(CONVERSATIONS)]
        except ServerError as error:
            print(error, file=sys.stderr)
            return 1
    early = [ms for rounds in talks for times in rounds[1 : 1 + COMPARED] for ms in times]
    late = [ms for rounds in talks for times in rounds[-COMPARED:] for ms in times]
    turns = len(MESSAGES)
    print(f"turns {turns + 1} to {turns * (1 + COMPARED)}: {median(early):.1f} ms (median of {len(early)})")
    print(
        f"turns {turns * (ROUNDS - COMPARED) + 1} to {turns * ROUNDS}: {median(late):.1f} ms (median of {len(late)}), "
        f"{median(late) / median(early):.2f} times as long"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
