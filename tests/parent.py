"""A parent in a conversation, as the tests need one."""

from __future__ import annotations

import uuid
from typing import Any, List, Union

import requests

from channels.chat import chosen_payload
from content import Content
from content.answer import MAX_BUTTONS, MAX_CHOICES, MAX_ROWS, Answer, AnswerBuilder, buttons
from content.schema import BUTTON_LENGTH, TIPS_PER_ANSWER

KEYS = {"soort", "onderwerp", "hoofdstuk", "vooraf", "kern", "tips", "links", "bron", "nog_meer", "keuzes", "knoppen"}
KINDS = {"tips", "keuze", "buiten_bereik", "veiligheid", "gesprek", "fout"}


class Parent:
    """One conversation over the terminal's connector; every answer is held against the contract."""

    def __init__(self, url: str, content: Content) -> None:
        """`url` is Rasa's address, without a path."""
        self._webhook = f"{url}/webhooks/terminal/webhook"
        self._content = content
        self.sender = uuid.uuid4().hex
        self._shown: List[dict] = []

    def types(self, text: str) -> Answer:
        """Return the one answer to typed text."""
        (answer,) = self.asks(text)
        return answer

    def asks(self, text: str) -> List[Answer]:
        """Return the answers to typed text: two where it asks two questions."""
        return self._say({"text": text})

    def presses(self, payload: str) -> Answer:
        """Return the one answer to a pressed button."""
        (answer,) = self._say({"payload": payload})
        return answer

    def chooses(self, choice: Union[int, str]) -> Answer:
        """Return the one answer to a choice of the last answer, by its number or its words, as the terminal does it."""
        payload = chosen_payload(str(choice), self._shown)
        assert payload, f"{choice!r} is no choice of the last answer: {[button['titel'] for button in self._shown]}"
        return self.presses(payload)

    def post(self, body: Any, **options: Any) -> requests.Response:
        """Post `body` as JSON, with this conversation's sender where it names none; return the response as it is."""
        if isinstance(body, dict):
            body = {"sender": self.sender, **body}
        return requests.post(self._webhook, json=body, timeout=30, **options)

    def post_bytes(self, body: bytes) -> requests.Response:
        """Post a body that need not be JSON; return the response as it is."""
        return requests.post(self._webhook, data=body, headers={"content-type": "application/json"}, timeout=30)

    def _say(self, body: dict) -> List[Answer]:
        reply = self.post(body)
        assert reply.status_code == 200, reply.text
        answers = reply.json()["answers"]
        assert answers
        for answer in answers:
            check_contract(answer, self._content)
        self._shown = buttons(answers[-1])
        return answers


def visible_text(answer: Answer, content: Content) -> str:
    """Return everything that the parent reads, what can be chosen left out."""
    return AnswerBuilder(content).plain_text(answer)


def check_contract(answer: Answer, content: Content) -> None:
    """Assert what holds for every answer, whatever it is about."""
    assert answer.keys() == KEYS
    assert answer["soort"] in KINDS
    assert answer["kern"].strip()
    is_tips = answer["soort"] == "tips"
    assert bool(answer["tips"]) == is_tips
    assert bool(answer["bron"]) == is_tips
    assert (answer["onderwerp"] in content.topics) == is_tips
    assert (answer["hoofdstuk"] is not None) == is_tips
    assert len(answer["tips"]) <= TIPS_PER_ANSWER
    assert answer["nog_meer"] >= 0 and (is_tips or not answer["nog_meer"])
    assert all(tip.keys() == {"id", "tekst"} for tip in answer["tips"])
    assert all(link.keys() == {"titel", "url"} for link in answer["links"])
    assert len(answer["keuzes"]) <= (MAX_CHOICES if answer["soort"] == "buiten_bereik" else MAX_ROWS)
    assert len(answer["knoppen"]) <= MAX_BUTTONS
    assert all(len(button["titel"]) <= BUTTON_LENGTH for button in answer["knoppen"])
    assert {button["payload"] for button in buttons(answer)} <= set(content.payloads)
