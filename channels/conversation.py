"""What every channel does around Rasa: clean what was typed, check what was pressed, always answer."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import traceback
import unicodedata
from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence, Text

import structlog
from prometheus_client import Histogram
from rasa.core.channels.channel import OutputChannel, UserMessage

from channels.action_results import compile_check_of_action_results
from channels.action_server import keep_connections, wait_no_longer_than
from channels.graph_run import run_graphs_in_a_loop
from channels.rule_lookup import remember_which_rules_fit
from channels.worked_out_once import work_out_once
from content import Content
from content.answer import Answer, AnswerBuilder, parse_payload
from content.schema import SCHOOL_KEY, Wordings, bare_emoji, bare_title

logger = logging.getLogger(__name__)
structlogger = structlog.get_logger(__name__)

MAX_LENGTH = 2000  # characters of one message
ANSWER_WITHIN = 3.0  # seconds; a parent who waits longer thinks that nobody is there

compile_check_of_action_results()
run_graphs_in_a_loop()
remember_which_rules_fit()
work_out_once()
wait_no_longer_than(ANSWER_WITHIN)
keep_connections()

THANKS = "/bedankt"  # what an emoji such as a raised thumb says; no button carries it

# Typed text must never look like an intent to Rasa, which runs `/intent{...}` without understanding it.
_LEADING_SLASHES = re.compile(r"^[\s/]+")

_ANSWERS = Histogram(
    "ouderwijzer_answer_seconds", "How long parents waited for Rasa, by the kind of answer", ["channel", "outcome"]
)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]


class AnswerCollector(OutputChannel):
    """Collects the answers that the actions send for one message."""

    @classmethod
    def name(cls) -> Text:
        """Return the name under which Rasa knows this output channel."""
        return "answers"

    def __init__(self) -> None:
        self.answers: List[Answer] = []

    async def send_response(self, recipient_id: Text, message: Dict[Text, Any]) -> None:
        """Keep the answer itself; its text and buttons are for Rasa's own channels."""
        if message.get("custom"):
            self.answers.append(message["custom"])


class Conversation:
    """One channel's way into Rasa for one school. Every method returns an answer at least, whatever fails behind it."""

    def __init__(self, on_new_message: OnNewMessage, content: Content, channel: Text) -> None:
        """`channel` is the name under which Rasa knows the channel."""
        self._on_new_message = on_new_message
        self._content = content
        self._channel = channel
        self._payloads = set(content.payloads)
        self._payload_by_title = content.payload_by_title
        self._thanks = set(content.conversation.bedankt_emoji)
        self._turn = 0

    async def typed(self, sender: Text, text: Text, message_id: Optional[Text] = None) -> List[Answer]:
        """Return the answers to what a parent typed.

        The title of a button counts as that button, and nothing but emoji that say thanks as thanks.
        """
        text = clean(text)
        texts = self._content.conversation
        payload = self._payload_by_title.get(bare_title(text))
        if payload:
            return await self.pressed(sender, payload, message_id)
        if not text:
            return [self._say(texts.leeg)]
        if len(text) > MAX_LENGTH:
            return [self._say(texts.te_lang, grens=str(MAX_LENGTH))]
        emoji = set(bare_emoji(text))
        if emoji and emoji <= self._thanks:
            return await self._answers(sender, text, {**parse_payload(THANKS), "text": text}, message_id)
        return await self._answers(sender, text, None, message_id)

    async def pressed(self, sender: Text, payload: Text, message_id: Optional[Text] = None) -> List[Answer]:
        """Return the answers to a pressed button; a payload that no button carries gets a refusal and a way on."""
        if payload not in self._payloads:
            return [self._say(self._content.conversation.knop_verlopen, ["inhoud", "contact_school"])]
        return await self._answers(sender, payload, parse_payload(payload), message_id)

    async def asks(self, sender: Text, intent: Text, message_id: Optional[Text] = None) -> List[Answer]:
        """Return the answers to an intent of the conversation itself, for a channel's own command such as /help."""
        return await self._answers(sender, f"/{intent}", parse_payload(f"/{intent}"), message_id)

    def greeting(self) -> Answer:
        """Return the first words, for who begins without asking for them."""
        return self._say(self._content.conversation.groet)

    def greets(self, answer: Answer) -> bool:
        """Tell whether an answer is the first words, in one of their wordings."""
        words, fields = self._content.conversation.groet, self._content.school.fields()
        return answer["kern"] in [text.format(**fields) for text in [*words.teksten, *words.zakelijk]]

    def reads_text_only(self) -> Answer:
        """Return what is said to a photo, a voice message and the like."""
        return self._say(self._content.conversation.alleen_tekst)

    def erased(self) -> Answer:
        """Return what is said when a conversation was erased."""
        return self._say(self._content.conversation.gewist)

    async def _answers(
        self, sender: Text, text: Text, parse_data: Optional[Dict[Text, Any]], message_id: Optional[Text]
    ) -> List[Answer]:
        collector = AnswerCollector()
        metadata = {SCHOOL_KEY: self._content.name} if self._content.name else None
        message = UserMessage(text, collector, sender, parse_data, self._channel, message_id, metadata)
        begin = time.perf_counter()
        # Not wait_for: cancelling Rasa in the middle of a turn would lose what the parent said.
        turn = asyncio.ensure_future(self._on_new_message(message))
        turn.add_done_callback(_log_failure)
        await asyncio.wait([turn], timeout=ANSWER_WITHIN)
        if not turn.done():
            logger.error(f"No answer within {ANSWER_WITHIN} s. Is the action server overloaded?")
        elif not collector.answers and turn.exception() is None:
            logger.error("Rasa gave no answer. Is the action server running, and is a model loaded?")
        answers = list(collector.answers) or [self._builder().failure()]
        outcome, duration = answers[0]["soort"], time.perf_counter() - begin
        _ANSWERS.labels(self._channel, outcome).observe(duration)
        structlogger.info("answered", channel=self._channel, outcome=outcome, duration=round(duration, 3))
        return answers

    def _say(self, wordings: Wordings, buttons: Sequence[Text] = (), **own_fields: str) -> Answer:
        builder = self._builder()
        text = builder.wording(wordings, **own_fields)
        return builder.conversation(text, [builder.button(name) for name in buttons])

    def _builder(self) -> AnswerBuilder:
        self._turn += 1
        return AnswerBuilder(self._content, self._turn)


def clean(text: Text) -> Text:
    """Return typed text without control characters, white space around it and leading slashes."""
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    return _LEADING_SLASHES.sub("", visible).strip()


def _log_failure(turn: "asyncio.Future[Any]") -> None:
    """Log what failed and where, but not the message or the local variables: they hold the parent's words."""
    if not turn.cancelled() and turn.exception() is not None:
        place = traceback.extract_tb(turn.exception().__traceback__)[-1]
        logger.error(f"Rasa failed on a message: {type(turn.exception()).__name__} at {place.filename}:{place.lineno}.")
