"""Talk with the assistant in the terminal, or pipe questions into it."""

from __future__ import annotations

import argparse
import sys
import textwrap
import uuid
from pathlib import Path
from typing import Iterator, List, Optional

import requests

from content import Content, ContentError, load_school
from content.answer import Answer, buttons, lead, link_text
from tools.server import ROOT, Server, ServerError, free_port, stop_on_sigterm

WIDTH = 88  # characters; longer lines are hard to read
STOP = "stop"


class Chat:
    """One conversation in the terminal."""

    def __init__(self, url: str, content: Content) -> None:
        """`url` is Rasa's address, without a path."""
        self._webhook = f"{url}/webhooks/terminal/webhook"
        self._labels = content.conversation.labels
        self._parent = {"sender": uuid.uuid4().hex, "school": content.name}
        self._choices: List[dict] = []

    def open(self) -> str:
        """Return the assistant's first words."""
        return self._show(self._post({"payload": "/groet"}))

    def say(self, typed: str) -> str:
        """Return what the assistant answers; the number or the words of a choice count as that choice."""
        payload = chosen_payload(typed, self._choices)
        return self._show(self._post({"payload": payload} if payload else {"text": typed}))

    def _post(self, body: dict) -> List[Answer]:
        reply = requests.post(self._webhook, json={**self._parent, **body}, timeout=30)
        reply.raise_for_status()
        return reply.json()["answers"]

    def _show(self, answers: List[Answer]) -> str:
        self._choices = buttons(answers[-1])
        blocks = [f"{self._labels.assistent}:"]
        blocks += [format_answer(answer, self._labels.bron) for answer in answers]
        if self._choices:
            rows = [f"  [{number}] {choice['titel']}" for number, choice in enumerate(self._choices, start=1)]
            blocks.append("\n".join([f"{self._labels.kies}:", *rows]))
        return "\n\n".join([f"{blocks[0]}\n{blocks[1]}", *blocks[2:]])


def chosen_payload(typed: str, choices: List[dict]) -> Optional[str]:
    """Return the payload of the choice that was typed, as its number or its words; None if it is none of them."""
    wanted = typed.strip().rstrip(".?!)").casefold()
    for number, choice in enumerate(choices, start=1):
        if wanted in (str(number), choice["titel"].rstrip("?").casefold()):
            return choice["payload"]
    return None


def format_answer(answer: Answer, source_label: str) -> str:
    """Return an answer as it stands in the terminal: lead, numbered tips, links with titles, source."""
    parts = ["\n".join(_wrap(line) for line in lead(answer).splitlines())]
    if answer["tips"]:
        parts.append("\n".join(_wrap(tip["tekst"], f"  {n}. ") for n, tip in enumerate(answer["tips"], start=1)))
    if answer["links"]:
        # A link is never broken over two lines: it could not be clicked.
        parts.append("\n".join(f"  - {link_text(link)}" for link in answer["links"]))
    if answer["bron"]:
        parts.append(f"  {source_label.format(bron=answer['bron'])}")
    return "\n\n".join(parts)


def _wrap(text: str, first: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _typed_lines(prompt: str) -> Iterator[str]:
    """Yield what is typed or piped in, line by line; piped lines are printed, so that the output is a transcript."""
    while True:
        if sys.stdin.isatty():
            try:
                line = input(f"\n{prompt}: ")
            except EOFError:
                return
        else:
            line = sys.stdin.readline()
            if not line:
                return
            line = line.rstrip("\n")
            print(f"\n{prompt}: {line}", flush=True)
        if line.strip().casefold() == STOP:
            return
        yield line


def main() -> None:
    """Start the assistant, talk, stop it."""
    stop_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--school", help="a name in content/scholen/; by default the school of content/school.yml")
    school = parser.parse_args().school
    # A pipe may hold bytes that are no UTF-8; they must not end the conversation.
    sys.stdin.reconfigure(encoding="utf8", errors="replace")
    sys.stdout.reconfigure(encoding="utf8", errors="replace")
    try:
        content = load_school(school, "--school")
        with Server(Path(ROOT / "logs"), free_port(), free_port()) as server:
            print("Starting ...", end="", flush=True, file=sys.stderr)
            server.wait_until_ready(lambda _: print(".", end="", flush=True, file=sys.stderr))
            print(file=sys.stderr)
            chat = Chat(server.url, content)
            print(content.conversation.labels.uitleg_terminal, end="\n\n")
            print(chat.open(), flush=True)
            for line in _typed_lines(content.conversation.labels.ouder):
                print(f"\n{chat.say(line)}", flush=True)
    except (ContentError, ServerError) as error:
        sys.exit(str(error))
    except requests.RequestException as error:
        sys.exit(f"The conversation broke off: {error}. The reason stands in logs/rasa.log.")
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
