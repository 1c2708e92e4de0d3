"""An answer in WhatsApp's form: messages of the Cloud API as JSON, without who they are for."""

from __future__ import annotations

import re
import textwrap
from typing import Any, Dict, List, Optional, Text

from content import Content
from content.answer import Answer, Button, buttons, lead, link_text

Part = Dict[Text, Any]

# Meta's limits, in characters and numbers: developers.facebook.com/docs/whatsapp/cloud-api, "text messages",
# "interactive reply buttons messages" and "interactive list messages".
MAX_TEXT = 4096
MAX_BODY = 1024  # of a message with buttons; with a list it may be longer, but nobody reads that
MAX_BUTTONS, MAX_BUTTON = 3, 20
MAX_ROWS, MAX_ROW, MAX_DESCRIPTION = 10, 24, 72
MAX_ID = 200  # of a row; of a button 256

# What begins bold, italic, struck or monospaced text, or a quotation, and a sign that looks the same and does not.
# A web address has such signs of its own.
_MARKUP = re.compile(r"(https://\S+)|(?<![^\W_])[*_~](?=\S)|`|^>", re.MULTILINE)
_LOOKS_LIKE = {"*": "∗", "_": "＿", "~": "∼", "`": "'", ">": "›"}


class WhatsAppFormat:
    """Puts answers in WhatsApp's form."""

    def __init__(self, content: Content) -> None:
        """`content` gives the words around an answer, and the short titles of topics."""
        self._labels = content.conversation.labels
        self._short_titles = {topic.payload: topic.titel for topic in content.topics.values()}

    def parts(self, answer: Answer) -> List[Part]:
        """Return the messages to send, in their order: one, unless the text does not fit above the buttons.

        Each is `{"type": "text", "text": {...}}` or `{"type": "interactive", "interactive": {...}}`.
        """
        choices = buttons(answer)
        action = self._buttons(choices) or self._list(choices)
        if action is None:
            return _texts(self._text(answer, choices))
        text = self._text(answer)
        if len(text) <= MAX_BODY:
            return [_interactive(text, action)]
        return [*_texts(text), _interactive(self._labels.kies_hieronder, action)]

    def _text(self, answer: Answer, choices: List[Button] = ()) -> Text:
        """Return what is read; `choices` are what cannot be pressed, so has to be typed.

        A link that can be clicked stands on a line of its own, behind all else.
        """
        websites = [link for link in answer["links"] if link["url"].startswith("https")]
        others = [link for link in answer["links"] if link not in websites]
        blocks = [
            lead(answer),
            _numbered([tip["tekst"] for tip in answer["tips"]]),
            f"{self._labels.kies}:\n{_numbered([choice['titel'] for choice in choices])}" if choices else "",
            self._labels.bron.format(bron=answer["bron"]) if answer["bron"] else "",
            "\n".join(map(link_text, others)),
        ]
        addresses = [f"{without_markup(link['titel'])}:\n{link['url']}" for link in websites]
        return "\n\n".join([*(without_markup(block) for block in blocks if block), *addresses])

    def _buttons(self, choices: List[Button]) -> Optional[Part]:
        titles = [choice["titel"] for choice in choices]
        if not 1 <= len(choices) <= MAX_BUTTONS or max(map(len, titles)) > MAX_BUTTON or not _differ(titles):
            return None
        replies = [{"id": choice["payload"], "title": choice["titel"]} for choice in choices]
        return {"type": "button", "action": {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}}

    def _list(self, choices: List[Button]) -> Optional[Part]:
        rows = [self._row(choice) for choice in choices]
        fit = all(len(row.get("description", "")) <= MAX_DESCRIPTION and len(row["id"]) <= MAX_ID for row in rows)
        if not 1 <= len(rows) <= MAX_ROWS or not fit or not _differ([row["title"] for row in rows]):
            return None
        section = {"title": self._labels.keuzelijst_kop, "rows": rows}
        return {"type": "list", "action": {"button": self._labels.keuzelijst, "sections": [section]}}

    def _row(self, choice: Button) -> Part:
        """Return a row: a question stands under its topic's short title, and what is too long is whole below."""
        whole = choice["titel"]
        title = self._short_titles.get(choice["payload"], whole)
        title = textwrap.shorten(title, MAX_ROW, placeholder="…")
        row = {"id": choice["payload"], "title": title}
        return row if title == whole else {**row, "description": whole}


def without_markup(text: Text) -> Text:
    """Return `text` so that WhatsApp shows it as it is."""
    return _MARKUP.sub(lambda found: found[1] or _LOOKS_LIKE[found[0]], text)


def _numbered(lines: List[Text]) -> Text:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def _texts(text: Text) -> List[Part]:
    """Return `text` as messages, broken between paragraphs, lines or words where it is too long for one."""
    pieces = []
    while len(text) > MAX_TEXT:
        end = next((found for gap in ("\n\n", "\n", " ") if (found := text.rfind(gap, 1, MAX_TEXT)) > 0), MAX_TEXT)
        pieces.append(text[:end])
        text = text[end:].lstrip()
    return [{"type": "text", "text": {"body": piece, "preview_url": False}} for piece in [*pieces, text]]


def _interactive(text: Text, action: Part) -> Part:
    return {"type": "interactive", "interactive": {**action, "body": {"text": text}}}


def _differ(titles: List[Text]) -> bool:
    return len(set(titles)) == len(titles)
