"""An answer in Telegram's own form: HTML that breaks nowhere, with buttons one below another.

Telegram's rules: https://core.telegram.org/bots/api#sendmessage, #formatting-options and #inlinekeyboardbutton.
"""

from __future__ import annotations

import hashlib
import re
from html import escape
from typing import Any, Dict, Iterable, List, Optional, Text

from content import Content
from content.answer import Answer, lead

# Telegram counts what is left of a message without its tags, in units of UTF-16. Here the tags count too.
MAX_LENGTH = 4096
ID_LENGTH = 16  # hexadecimal digits; callback_data has 64 bytes at most, and a payload may be longer

Message = Dict[Text, Any]


class TelegramFormat:
    """Makes messages of answers, and payloads of pressed buttons."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._payloads = {button_id(payload): payload for payload in content.payloads}

    def payload(self, callback_data: Optional[Text]) -> Text:
        """Return what a pressed button stands for; nothing for one from before the content changed."""
        return self._payloads.get(callback_data, "")

    def messages(self, answer: Answer) -> List[Message]:
        """Return the answer as parameters of Bot API's sendMessage, `chat_id` left out; the buttons are on the last.

        A choice between questions has them in the text, numbered: a button shows some 30 characters.
        """
        blocks = [[html for line in lead(answer).splitlines() for html in _lines(line)]]
        questions = [choice for choice in answer["keuzes"] if choice["onderwerp"]]
        blocks.append(_numbered(choice["vraag"] for choice in questions))
        blocks.append(_numbered(tip["tekst"] for tip in answer["tips"]))
        blocks.append([html for link in answer["links"] for html in _link(link)])
        if answer["bron"]:
            blocks.append(_lines(self._content.conversation.labels.bron.format(bron=answer["bron"]), "<i>", "</i>"))
        messages = [
            {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
            for text in _joined([block for block in blocks if block])
        ]
        buttons = self._buttons(answer)
        if buttons:
            messages[-1]["reply_markup"] = {"inline_keyboard": [[button] for button in buttons]}
        return messages

    def _buttons(self, answer: Answer) -> List[Dict[Text, Text]]:
        rows = []
        for number, choice in enumerate(answer["keuzes"], start=1):
            topic = self._content.topics.get(choice["onderwerp"])
            rows.append((f"{number}. {topic.titel}" if topic else choice["vraag"], choice["payload"]))
        rows += [(button["titel"], button["payload"]) for button in answer["knoppen"]]
        return [{"text": title, "callback_data": button_id(payload)} for title, payload in rows]


def button_id(payload: Text) -> Text:
    """Return the callback_data of a payload: the same in every process and after every start."""
    return hashlib.sha256(payload.encode("utf8")).hexdigest()[:ID_LENGTH]


def length(html: Text) -> int:
    """Return how long Telegram finds a text: in units of UTF-16, of which an emoji has two or more."""
    return len(html.encode("utf-16-le", "surrogatepass")) // 2


def _link(link: Dict[Text, Text]) -> List[Text]:
    """Return a website as a link, and others as text: Telegram itself makes links of numbers and addresses."""
    title, url = link["titel"], link["url"]
    if url.startswith("https"):
        return _lines(title, f'<a href="{escape(url)}">', "</a>", first="• ")
    target = url.partition(":")[2]
    # A number stands in its title with spaces or hyphens.
    shown = re.sub(r"[ -]", "", target) in re.sub(r"[ -]", "", title)
    return _lines(title if shown else f"{title}: {target}", first="• ")


def _numbered(texts: Iterable[Text]) -> List[Text]:
    return [html for number, text in enumerate(texts, start=1) for html in _lines(text, first=f"{number}. ")]


def _lines(text: Text, before: Text = "", after: Text = "", first: Text = "") -> List[Text]:
    """Return a line as HTML between tags, as more than one where it is too long for a message."""
    html = f"{first}{before}{escape(text)}{after}"
    if length(html) <= MAX_LENGTH or len(text) < 2:
        return [html]
    half = len(text) // 2
    cut = text.rfind(" ", 1, half)
    cut = half if cut < 0 else cut
    return [*_lines(text[:cut], before, after, first), *_lines(text[cut:].strip(), before, after)]


def _joined(blocks: List[List[Text]]) -> List[Text]:
    """Return messages with as many lines as fit, and a blank line between blocks."""
    messages: List[Text] = []
    for block in blocks:
        for place, line in enumerate(block):
            between = "\n" if place else "\n\n"
            if messages and length(messages[-1] + between + line) <= MAX_LENGTH:
                messages[-1] += between + line
            else:
                messages.append(line)
    return messages
