"""The Telegram connector in a real Rasa with the real actions, before a Telegram that is strict and fails on demand."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import pytest
import requests
from prometheus_client import REGISTRY
from rasa.core.run import create_http_input_channels
from sanic import Sanic

from channels.chat import chosen_payload
from channels.delivery import TryLater, Undeliverable
from channels.messenger import Messenger
from channels.telegram import (
    API,
    COMMANDS,
    MAX_BODY,
    SCHOOL,
    TOKEN,
    Api,
    InvalidSettings,
    Settings,
    TelegramInput,
    _Updates,
    read_settings,
)
from channels.telegram_format import TelegramFormat, button_id
from content import Content, ContentError, load_content
from content.schema import Topic
from tests.channels import fake_telegram
from tests.channels.fake_telegram import PUBLIC, ConnectionLost, FakeTelegram, Person, Refused, Sent
from tests.conversation_files import FOLDER, NOT_YET, Conversation, Turn, read_conversations
from tools.server import Server, free_port
from tools.telegram_webhook import WebhookError, main, set_up, webhook_address

ROOT = Path(__file__).resolve().parents[2]
PESTEN = "samen_verantwoordelijk/pesten"
SETTINGS = {TOKEN: fake_telegram.TOKEN}
WITHIN = 60  # seconds; only a broken assistant takes as long


@pytest.fixture(scope="module")
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture(scope="module")
def server(telegram: FakeTelegram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The assistant with Telegram switched on, and its webhook set by the command for that."""
    folder = tmp_path_factory.mktemp("telegram")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(TOKEN, fake_telegram.TOKEN)
        environment.setenv(API, telegram.api)
        with Server(folder / "logs", free_port(), free_port(), conversations=folder / "gesprekken.db") as running:
            running.wait_until_ready()
            assert not telegram.calls, "the assistant calls Telegram when it starts"
            telegram.server = running.url
            assert main(["--url", PUBLIC]) == 0
            yield running


@pytest.fixture(autouse=True)
def nothing_left_over(telegram: FakeTelegram) -> Iterator[None]:
    yield
    assert not any(telegram.failures.values()), "a failure was ordered that did not happen"


@pytest.fixture
def new_parent(server: Server, telegram: FakeTelegram, content: Content) -> Callable[[], Parent]:
    return lambda: Parent(server, telegram.person(), content)


@pytest.fixture
def parent(new_parent: Callable[[], Parent]) -> Parent:
    return new_parent()


class Parent:
    """A person and what the assistant's inbox does with their messages."""

    def __init__(self, server: Server, person: Person, content: Content) -> None:
        self._server = server
        self.person = person
        self._content = content
        self._form = TelegramFormat(content)

    def types(self, text: str) -> List[Sent]:
        """Return the messages that a typed text is answered with, the greeting of a newcomer left out."""
        return self.gets(self.person.typed(text))

    def presses(self, payload: str) -> List[Sent]:
        """Return the messages that a pressed button is answered with."""
        return self.gets(self.person.pressed(button_id(payload)))

    def chooses(self, choice: Any) -> List[Sent]:
        """Press a button of the last answer, by its number or its words."""
        data_by_payload = {self._form.payload(data): title for title, data in self.person.got[-1].buttons}
        titles = {topic.payload: topic.vraag for topic in self._content.topics.values()}
        shown = [
            {"payload": payload, "titel": titles[payload] if title[0].isdigit() else title}
            for payload, title in data_by_payload.items()
        ]
        payload = chosen_payload(str(choice), shown)
        assert payload, f"{choice!r} is none of {[row['titel'] for row in shown]}"
        return self.presses(payload)

    def gets(self, update: Dict[str, Any]) -> List[Sent]:
        """Return the messages that an update is answered with, the greeting of a newcomer left out."""
        before = len(self.person.got)
        assert self.person.telegram.deliver(update).status_code == 200
        wait_until_idle(self._server)
        new = self.person.got[before:]
        return new[1:] if len(new) > 1 and is_greeting(new[0], self._content) else new


def wait_until(condition: Callable[[], Any], within: float = WITHIN) -> None:
    """Return once the condition holds; fail after so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def waiting(server: Server) -> int:
    """Return how many messages still wait for (the rest of) their answer."""
    with closing(sqlite3.connect(f"file:{server.conversations}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute("SELECT count(*) FROM inbox WHERE body IS NOT NULL").fetchone()[0]


def wait_until_idle(server: Server, within: float = WITHIN) -> None:
    wait_until(lambda: waiting(server) == 0, within)


def log(server: Server) -> str:
    return (server.logs / "rasa.log").read_text(encoding="utf8", errors="replace")


def is_greeting(sent: Sent, content: Content) -> bool:
    return "geen namen of andere gegevens van kinderen" in sent.text and content.school.naam in sent.text


TOPIC_OF_TIP = {
    text: topic for topic in load_content().topics.values() for tip in topic.tips for text in (tip.tekst, tip.makkelijk)
}


def tips_in(sent: Sent) -> List[str]:
    """Return the tips that a message holds."""
    return [line.partition(". ")[2] for line in sent.text.splitlines() if line.partition(". ")[2] in TOPIC_OF_TIP]


def topic_in(sent: Sent) -> Optional[str]:
    """Return the one topic whose tips a message holds, None where it holds none."""
    labels = {TOPIC_OF_TIP[tip].label for tip in tips_in(sent)}
    assert len(labels) <= 1
    return next(iter(labels), None)


def topics(messages: List[Sent]) -> List[Optional[str]]:
    return [topic_in(sent) for sent in messages]


# The webhook


def test_the_command_sets_everything(server: Server, telegram: FakeTelegram) -> None:
    assert telegram.webhook.url == f"{PUBLIC}/webhooks/telegram/webhook"
    assert set(telegram.webhook.allowed) == {"message", "callback_query"}
    assert len(telegram.webhook.secret) == 64
    assert [command["command"] for command in telegram.commands] == ["start", "help", "wis"]


@pytest.mark.parametrize(
    "forge",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret + "0",
        lambda secret: secret[::-1],
        lambda secret: secret.upper(),
        lambda secret: "0" * 64,
        lambda secret: "é".encode().decode("latin-1") * 64,
    ],
)
def test_an_update_with_another_secret_is_not_processed(
    telegram: FakeTelegram, parent: Parent, server: Server, forge: Callable[[str], str]
) -> None:
    reply = telegram.deliver(parent.person.typed("hallo"), forge(telegram.webhook.secret))
    assert reply.status_code == 403
    assert reply.headers["content-type"] == "application/problem+json"
    assert waiting(server) == 0 and not parent.person.got


def test_without_the_header_nothing_is_processed(telegram: FakeTelegram, parent: Parent, server: Server) -> None:
    address = telegram.webhook.url.replace(PUBLIC, server.url)
    assert requests.post(address, json=parent.person.typed("hallo"), timeout=30).status_code == 403
    assert requests.post(address, b"{", timeout=30).status_code == 403
    assert waiting(server) == 0 and not parent.person.got


def test_a_body_that_is_too_large_is_refused(telegram: FakeTelegram, parent: Parent) -> None:
    update = parent.person.typed("x" * MAX_BODY)
    assert telegram.deliver(update).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"hallo", b"[" * 200_000, b'{"update_id": ' + b"9" * 5000])
def test_what_is_no_json_is_refused(telegram: FakeTelegram, server: Server, body: bytes) -> None:
    assert telegram.deliver(body).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        lambda update: None,
        lambda update: [],
        lambda update: "hallo",
        lambda update: 5,
        lambda update: {},
        lambda update: {**update, "update_id": None},
        lambda update: {**update, "update_id": True},
        lambda update: {**update, "update_id": 10**30},
        lambda update: {**update, "message": None},
        lambda update: {**update, "message": "hallo"},
        lambda update: {**update, "message": {**update["message"], "chat": None}},
        lambda update: {**update, "message": {**update["message"], "chat": {"id": "5", "type": "private"}}},
        lambda update: {**update, "message": {**update["message"], "chat": {"id": 10**30, "type": "private"}}},
        lambda update: {**update, "message": {**update["message"], "text": ["hallo"]}},
        lambda update: {**update, "message": {**update["message"], "text": None}},
        lambda update: {"update_id": update["update_id"], "callback_query": {"id": 5}},
        lambda update: {"update_id": update["update_id"], "edited_message": update["message"]},
        lambda update: {"update_id": update["update_id"], "my_chat_member": {"chat": update["message"]["chat"]}},
    ],
)
def test_what_is_unknown_or_malformed_is_taken_and_left(
    telegram: FakeTelegram, parent: Parent, server: Server, change: Callable[[Any], Any]
) -> None:
    body = json.dumps(change(parent.person.typed("hallo"))).encode()
    reply = telegram.deliver(body)
    assert (reply.status_code, reply.content) == (200, b"")
    assert waiting(server) == 0 and not parent.person.got


def test_an_update_is_answered_once_however_often_it_comes(
    telegram: FakeTelegram, parent: Parent, server: Server
) -> None:
    update = parent.person.typed("mijn kind wordt gepest")
    assert topics(parent.gets(update)) == [PESTEN]
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: telegram.deliver(update).status_code, range(8)))
    wait_until_idle(server)
    assert replies == [200] * 8
    assert topics(parent.person.got) == [None, PESTEN]


def test_an_update_that_comes_twice_at_once_is_answered_once(
    telegram: FakeTelegram, parent: Parent, server: Server
) -> None:
    parent.types("hallo")
    update = parent.person.typed("mijn kind wordt gepest")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: telegram.deliver(update), range(8)))
    wait_until_idle(server)
    assert topics(parent.person.got).count(PESTEN) == 1


# What is said


def test_the_first_words_say_that_it_is_a_program_and_ask_for_no_names(parent: Parent, content: Content) -> None:
    parent.types("mijn kind wordt gepest")
    greeting, answer = parent.person.got
    assert is_greeting(greeting, content)
    assert any(word in greeting.text for word in ("computerprogramma", "automatische"))
    assert topic_in(answer) == PESTEN
    parent.types("meer tips")
    assert not is_greeting(parent.person.got[2], content)


@pytest.mark.parametrize("text", ["hallo", "/start"])
def test_who_begins_with_hello_is_greeted_once(parent: Parent, content: Content, text: str) -> None:
    parent.types(text)
    (greeting,) = parent.person.got
    assert is_greeting(greeting, content)


def test_danger_is_answered_before_anything_else(parent: Parent, content: Content) -> None:
    parent.types("mijn man slaat ons, ik ben bang")
    (answer,) = parent.person.got
    assert content.safety.mishandeling.tekst in answer.text
    assert "0800-2000" in answer.text and "112" in answer.text


@pytest.mark.parametrize(
    "command", ["/start", "/start flyer_2024-a", "/START", "/start@wilgenhof_bot", "/start@wilgenhof_bot x"]
)
def test_start(parent: Parent, content: Content, command: str) -> None:
    parent.types("hallo")
    (answer,) = parent.types(command)
    assert is_greeting(answer, content)
    assert [title for title, _ in answer.buttons] == ["Alle onderwerpen", "Contact met school"]


@pytest.mark.parametrize("command", ["/help", "/help@wilgenhof_bot"])
def test_help(parent: Parent, content: Content, command: str) -> None:
    parent.types("hallo")
    (answer,) = parent.types(command)
    assert answer.text in [text.format(**content.school.fields()) for text in content.conversation.hulp.teksten]


@pytest.mark.parametrize("command", ["/wis", "/wis@wilgenhof_bot", "/wis mijn gegevens", "wis mijn gegevens"])
def test_erasing(parent: Parent, content: Content, server: Server, command: str) -> None:
    parent.types("mijn kind wordt gepest")
    (answer,) = parent.types(command)
    assert answer.text in content.conversation.gewist.teksten
    assert topics(parent.types("meer tips")) == [None]
    assert is_greeting(parent.person.got[-2], content), "who is forgotten is a newcomer"


def test_what_is_asked_after_erasing_is_answered(telegram: FakeTelegram, parent: Parent, server: Server) -> None:
    for text in ("mijn kind wordt gepest", "/wis", "mijn kind wordt gepest"):
        telegram.deliver(parent.person.typed(text))
    wait_until_idle(server)
    assert topics(parent.person.got) == [None, PESTEN, None, None, PESTEN]


def test_a_command_with_a_cry_for_help_behind_it_is_read(parent: Parent, content: Content) -> None:
    parent.types("/help mijn man slaat ons, ik ben bang")
    assert content.safety.mishandeling.tekst in parent.person.got[-1].text


def test_typed_intents_are_words(parent: Parent) -> None:
    parent.types("mijn kind wordt gepest")
    parent.types("/restart")
    assert topics(parent.types("meer tips")) == [PESTEN]


def test_an_answer_looks_as_it_should(parent: Parent, content: Content) -> None:
    (sent,) = parent.types("hoe dien ik een klacht in tegen school?")
    topic = content.topics["websites/klachten"]
    assert sent.links == [(content.websites[key].titel, content.websites[key].url) for key in topic.links]
    assert sent.html.splitlines()[-1] == "<i>Bron: Hoofdstuk 2: Opkomen voor je kind</i>"
    assert [title for title, _ in sent.buttons][-2:] == ["Dit hielp", "Dit hielp niet"]


# Choices


def menu(parent: Parent, content: Content) -> List[Topic]:
    parent.presses('/inhoud{"hoofdstuk": "3"}')
    return [topic for topic in content.topics.values() if topic.hoofdstuk == 3]


def test_a_choice_by_its_button(parent: Parent, content: Content) -> None:
    topic = menu(parent, content)[1]
    assert parent.person.got[-1].buttons[1][0] == f"2. {topic.titel}"
    assert topics(parent.gets(parent.person.pressed(parent.person.got[-1].buttons[1][1]))) == [topic.label]


@pytest.mark.parametrize("typed", ["2", "2.", "nummer 2", "de tweede"])
def test_a_choice_by_its_number(parent: Parent, content: Content, typed: str) -> None:
    topic = menu(parent, content)[1]
    assert topics(parent.types(typed)) == [topic.label]


def test_a_choice_by_its_words(parent: Parent, content: Content) -> None:
    topic = menu(parent, content)[1]
    assert topics(parent.types(topic.titel.upper())) == [topic.label]
    assert topics(parent.types(topic.vraag)) == [topic.label]
    assert topics(parent.types(f"2. {topic.titel}")) == [topic.label]


def test_a_pressed_button_is_answered_to_at_once(telegram: FakeTelegram, parent: Parent) -> None:
    parent.types("mijn kind wordt gepest")
    update = parent.person.pressed(button_id("/meer_tips"))
    assert topics(parent.gets(update)) == [PESTEN]
    call = ("answerCallbackQuery", {"callback_query_id": update["callback_query"]["id"]})
    assert telegram.in_replies[-1] == call


def test_typing_is_shown_before_an_answer(telegram: FakeTelegram, parent: Parent) -> None:
    parent.types("mijn kind wordt gepest")
    own = [method for method, given in telegram.calls if str(given.get("chat_id")) == str(parent.person.chat_id)]
    assert own == ["sendChatAction", "sendMessage", "sendMessage"]


@pytest.mark.parametrize("data", ["/meer_tips", "f" * 16, "", "x" * 64])
def test_a_button_that_is_gone_is_answered_with_a_way_on(
    telegram: FakeTelegram, parent: Parent, content: Content, data: str
) -> None:
    parent.types("mijn kind wordt gepest")
    (answer,) = parent.gets(parent.person.pressed(data))
    assert answer.text in content.conversation.knop_verlopen.teksten
    assert answer.buttons
    assert telegram.in_replies[-1][0] == "answerCallbackQuery"
    assert topics(parent.types("meer tips")) == [PESTEN]


def test_a_button_under_a_message_that_telegram_no_longer_has_works(parent: Parent) -> None:
    chat = parent.person.message()["chat"]
    update = parent.person.pressed(
        button_id(f"/{PESTEN.replace('/', '.')}"), message={"chat": chat, "message_id": 5, "date": 0}
    )
    assert topics(parent.gets(update)) == [PESTEN]


@pytest.mark.parametrize("changes", [{"message": None}, {"data": None}, {"message": None, "inline_message_id": "x"}])
def test_a_button_without_message_or_data_is_answered_to(
    telegram: FakeTelegram, parent: Parent, server: Server, changes: Dict[str, Any]
) -> None:
    update = parent.person.pressed("x", **changes)
    assert telegram.deliver(update).status_code == 200
    assert telegram.in_replies[-1][1] == {"callback_query_id": update["callback_query"]["id"]}
    wait_until_idle(server)


# What is not text, and not private

FILE = {"file_id": "x", "file_unique_id": "y"}


@pytest.mark.parametrize(
    "content_of_message",
    [
        {"photo": [{**FILE, "width": 1, "height": 1}], "caption": "kijk"},
        {"voice": {**FILE, "duration": 3}},
        {"video_note": {**FILE, "duration": 3, "length": 1}},
        {"sticker": {**FILE, "type": "regular"}},
        {"location": {"latitude": 52.1, "longitude": 5.1}},
        {"document": FILE},
        {"contact": {"phone_number": "+31612345678", "first_name": "Daan"}},
        {"poll": {"id": "1"}},
        {"dice": {"emoji": "🎲", "value": 3}},
    ],
)
def test_what_is_not_text_gets_one_polite_sentence(
    parent: Parent, content: Content, content_of_message: Dict[str, Any]
) -> None:
    parent.types("mijn kind wordt gepest")
    (answer,) = parent.gets(parent.person.wrote(**content_of_message))
    assert answer.text in content.conversation.alleen_tekst.teksten
    assert topics(parent.types("meer tips")) == [PESTEN]


def test_an_album_gets_one_answer(parent: Parent, telegram: FakeTelegram, server: Server) -> None:
    parent.types("hallo")
    album = str(telegram.next_id())
    for _ in range(4):
        telegram.deliver(parent.person.wrote(photo=[FILE], media_group_id=album))
    wait_until_idle(server)
    assert len(parent.person.got) == 2


@pytest.mark.parametrize(
    "service", [{"pinned_message": {}}, {"message_auto_delete_timer_changed": {}}, {"write_access_allowed": {}}, {}]
)
def test_what_telegram_itself_says_is_left(parent: Parent, service: Dict[str, Any]) -> None:
    assert parent.gets(parent.person.wrote(**service)) == []


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
def test_in_groups_and_channels_it_is_silent(telegram: FakeTelegram, parent: Parent, server: Server, kind: str) -> None:
    replies = len(telegram.in_replies)
    group = {"id": -1_000_000_000_000 - telegram.next_id(), "type": kind, "title": "Groep 7"}
    for content in ({"text": "/start@wilgenhof_bot"}, {"text": "mijn kind wordt gepest"}, {"photo": [FILE]}):
        assert telegram.deliver(parent.person.wrote(**content, chat=group)).status_code == 200
    assert len(telegram.in_replies) == replies
    update = parent.person.pressed(button_id("/meer_tips"), message=parent.person.message(chat=group, text="x"))
    telegram.deliver(update)
    assert telegram.in_replies[replies:] == [
        ("answerCallbackQuery", {"callback_query_id": update["callback_query"]["id"]})
    ]
    assert waiting(server) == 0


@pytest.mark.parametrize(
    "text, wording", [("x" * 2001, "te_lang"), ("y" * 4096, "te_lang"), ("\u200b", "leeg"), ("/", "leeg")]
)
def test_what_is_too_long_or_empty_gets_a_friendly_answer(
    parent: Parent, content: Content, text: str, wording: str
) -> None:
    (answer,) = parent.types(text)
    assert answer.text in [text.format(grens=2000) for text in getattr(content.conversation, wording).teksten]


@pytest.mark.parametrize("text", ["<b>hoi</b> & <script>", "\ud83d", "🤯🤯🤯", "\u202emijn kind", "a\x00b"])
def test_odd_signs_are_answered(parent: Parent, text: str) -> None:
    assert parent.types(text)


def test_what_is_shown_of_a_conversation_is_escaped(parent: Parent) -> None:
    parent.types("mijn kind <b>haalt</b> 3 < 4 & een 5, moet ik de meldingen uitzetten?")
    (answer,) = parent.types("welke gegevens heb je van mij")
    assert "mijn kind <b>haalt</b> 3 < 4 & een 5" in answer.text


def test_who_writes_too_fast_is_not_answered_for_a_while(
    telegram: FakeTelegram, parent: Parent, new_parent: Callable[[], Parent], server: Server
) -> None:
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda _: telegram.deliver(parent.person.typed("hallo")).status_code, range(40)))
    wait_until_idle(server)
    assert replies == [200] * 40
    assert len(parent.person.got) == 30
    assert topics(new_parent().types("mijn kind wordt gepest")) == [PESTEN]


# Order


def test_a_hundred_parents_at_once_are_each_answered_in_order(
    telegram: FakeTelegram, server: Server, content: Content
) -> None:
    chance = random.Random(6)
    labels = list(content.topics)
    people = [(telegram.person(), chance.sample(labels, 3)) for _ in range(100)]

    def ask(person_and_topics: Tuple[Person, List[str]]) -> None:
        person, chosen = person_and_topics
        for label in chosen:
            topic = content.topics[label]
            by_button = chance.random() < 0.5
            update = person.pressed(button_id(topic.payload)) if by_button else person.typed(topic.vraag)
            assert telegram.deliver(update).status_code == 200

    with ThreadPoolExecutor(100) as threads:
        list(threads.map(ask, people))
    wait_until_idle(server, within=240)
    for person, chosen in people:
        greeting, *answers = person.got
        assert is_greeting(greeting, content)
        assert topics(answers) == chosen


# Whole conversations

CONVERSATIONS = [
    pytest.param(conversation, id=f"{path.stem}: {conversation.naam}")
    for path in sorted(FOLDER.glob("*.yml"))
    if path.stem != NOT_YET
    for conversation in read_conversations(path, load_content())
]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_conversation(conversation: Conversation, parent: Parent, content: Content) -> None:
    for number, turn in enumerate(conversation.gesprek, start=1):
        *before, answer = _take(parent, turn)
        where = f"turn {number} was answered with:\n{answer.text}\n{answer.buttons}"
        assert topics(before) == [turn.eerst] * (turn.eerst is not None), where
        assert topic_in(answer) == turn.onderwerp, where
        assert turn.tips in (None, len(tips_in(answer))), where
        fields = content.school.fields()
        # The address of a link is behind its title here.
        seen = " ".join([answer.text, *(address for _, address in answer.links)])
        assert all(words.format(**fields) in seen for words in turn.bevat), where
        assert not any(words.format(**fields) in seen for words in turn.bevat_niet), where
        offered = {data for _, data in answer.buttons}
        assert {button_id(content.topics[label].payload) for label in turn.keuzes_bevatten} <= offered, where


def _take(parent: Parent, turn: Turn) -> List[Sent]:
    if turn.ouder is not None:
        return parent.types(turn.ouder)
    return parent.presses(turn.knop) if turn.knop is not None else parent.chooses(turn.kies)


# When Telegram fails

BUSY = Refused(429, "Too Many Requests: retry after 1", retry_after=1)
FAULTS = {
    "429": BUSY,
    "500": Refused(500, "Internal Server Error"),
    "502": Refused(502, "Bad Gateway"),
    "connection lost": ConnectionLost(),
    "token expired": Refused(401, "Unauthorized"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_for_a_while_is_sent_later_once_and_in_order(
    telegram: FakeTelegram, parent: Parent, server: Server, fault: str
) -> None:
    parent.types("hallo")
    telegram.fail("sendMessage", FAULTS[fault], FAULTS[fault])
    for text in ("mijn kind wordt gepest", "meer tips", "bedankt"):
        telegram.deliver(parent.person.typed(text))
    wait_until_idle(server)
    assert topics(parent.person.got) == [None, PESTEN, PESTEN, None]


def test_a_parent_who_is_waited_for_holds_up_nobody_else(
    telegram: FakeTelegram, parent: Parent, new_parent: Callable[[], Parent], server: Server
) -> None:
    telegram.fail("sendMessage", Refused(429, "Too Many Requests: retry after 5", retry_after=5))
    telegram.deliver(parent.person.typed("hallo"))
    wait_until(lambda: not telegram.failures["sendMessage"])
    other = new_parent()
    telegram.deliver(other.person.typed("mijn kind wordt gepest"))
    wait_until(lambda: len(other.person.got) == 2)
    assert not parent.person.got
    wait_until_idle(server)
    assert len(parent.person.got) == 1


def test_when_telegram_cannot_be_reached_nothing_is_lost(
    telegram: FakeTelegram, parent: Parent, server: Server
) -> None:
    parent.types("hallo")
    tries = log(server).count("Telegram cannot be reached")
    update = parent.person.typed("mijn kind wordt gepest")
    telegram.stop()
    try:
        telegram.deliver(update)
        wait_until(lambda: log(server).count("Telegram cannot be reached") > tries)
    finally:
        telegram.start()
    wait_until_idle(server)
    assert topics(parent.person.got) == [None, PESTEN]


def test_who_blocks_the_bot_is_left_alone_and_answered_when_back(
    telegram: FakeTelegram, parent: Parent, new_parent: Callable[[], Parent], server: Server
) -> None:
    parent.types("hallo")
    telegram.blocked.add(parent.person.chat_id)
    in_log = "cannot be delivered: the parent blocked the bot"
    failed = log(server).count(in_log)
    telegram.deliver(parent.person.typed("mijn kind wordt gepest"))
    wait_until(lambda: log(server).count(in_log) == failed + 1)  # the supervisor writes the log, a little later
    wait_until_idle(server)
    telegram.blocked.clear()
    assert topics(parent.types("meer tips")) == [PESTEN]
    assert topics(parent.person.got) == [None, PESTEN]


def test_a_message_that_telegram_refuses_is_given_up(telegram: FakeTelegram, parent: Parent, server: Server) -> None:
    parent.types("hallo")
    telegram.fail("sendMessage", Refused(400, "Bad Request: can't parse entities"))
    assert parent.types("mijn kind wordt gepest") == []
    assert topics(parent.types("meer tips")) == [PESTEN]


def test_erasing_is_confirmed_also_when_telegram_was_away(
    telegram: FakeTelegram, parent: Parent, content: Content
) -> None:
    parent.types("hallo")
    telegram.fail("sendMessage", BUSY)
    (answer,) = parent.types("/wis")
    assert answer.text in content.conversation.gewist.teksten


FAILURES = [
    (Refused(429, "Too Many Requests: retry after 7", retry_after=7), TryLater, 7),
    (Refused(500, "Internal Server Error"), TryLater, None),
    (Refused(502, "Bad Gateway"), TryLater, None),
    (Refused(401, "Unauthorized"), TryLater, None),
    (Refused(404, "Not Found"), TryLater, None),
    (Refused(409, "Conflict"), TryLater, None),
    (ConnectionLost(), TryLater, None),
    (Refused(403, "Forbidden: user is deactivated"), Undeliverable, None),
    (Refused(400, "Bad Request: chat not found"), Undeliverable, None),
    (Refused(400, "Bad Request: can't parse entities: geheim"), Undeliverable, None),
]


@pytest.mark.parametrize("failure, kind, seconds", FAILURES, ids=lambda value: str(value)[:30])
def test_each_failure_is_one_to_wait_for_or_one_for_good(
    telegram: FakeTelegram, content: Content, failure: Exception, kind: type, seconds: Optional[float]
) -> None:
    telegram.fail("sendMessage", failure)
    with pytest.raises(kind) as raised:
        send_one(Settings(fake_telegram.TOKEN, telegram.api), telegram.person(), content)
    assert getattr(raised.value, "seconds", None) == seconds
    assert "geheim" not in str(raised.value) and fake_telegram.TOKEN not in str(raised.value)


def test_a_reply_that_does_not_come_is_waited_for_no_longer_than_said(telegram: FakeTelegram, content: Content) -> None:
    telegram.hold()
    try:
        with pytest.raises(TryLater, match="TimedOut"):
            send_one(Settings(fake_telegram.TOKEN, telegram.api), telegram.person(), content, read_within=0.2)
    finally:
        telegram.release()


def test_an_unknown_token_is_named_by_its_variable(telegram: FakeTelegram, content: Content) -> None:
    with pytest.raises(TryLater, match=TOKEN):
        send_one(Settings("987654321:" + "x" * 35, telegram.api), telegram.person(), content)


def send_one(settings: Settings, person: Person, content: Content, **options: Any) -> None:
    async def send() -> None:
        api = Api(settings, **options)
        api.open()
        try:
            (message,) = TelegramFormat(content).messages(Messenger("x", content, None, None)._conversation.greeting())
            await api.send({"to": person.chat_id}, message)
        finally:
            await api.close()

    asyncio.run(send())


def test_what_is_left_is_counted(content: Content) -> None:
    def counted() -> float:
        labels = {"channel": "telegram", "outcome": "ignored"}
        return REGISTRY.get_sample_value("ouderwijzer_messages_total", labels) or 0

    before = counted()
    updates = _Updates(Messenger("telegram", content, None, None), TelegramFormat(content))
    assert [updates.receive(body) for body in (None, {}, {"update_id": 1, "edited_message": {}})] == [None] * 3
    assert counted() == before + 3


# Settings


@pytest.mark.parametrize(
    "environment, named",
    [
        ({API: "http://127.0.0.1:8081"}, TOKEN),
        ({TOKEN: "geheim"}, TOKEN),
        ({TOKEN: SETTINGS[TOKEN] + " "}, TOKEN),
        ({**SETTINGS, API: "api.telegram.org"}, API),
        ({**SETTINGS, API: "https://api.telegram.org/bot?x"}, API),
        ({**SETTINGS, "OUDERWIJZER_TELEGRAM_TOKN": "x"}, "OUDERWIJZER_TELEGRAM_TOKN"),
    ],
)
def test_rasa_does_not_start_with_settings_that_are_missing_or_malformed(
    monkeypatch: pytest.MonkeyPatch, environment: Dict[str, str], named: str
) -> None:
    for name in (TOKEN, API):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings, match=named) as raised:
        create_http_input_channels(None, str(ROOT / "credentials.yml"))
    assert "geheim" not in str(raised.value)


def test_rasa_does_not_start_with_a_school_that_is_not_there() -> None:
    settings = read_settings({**SETTINGS, SCHOOL: "eik"})
    with pytest.raises(ContentError, match=f"{SCHOOL}: in content/scholen is geen school 'eik'"):
        TelegramInput(settings).blueprint(None)


def test_settings_in_credentials_are_refused() -> None:
    with pytest.raises(InvalidSettings, match=TOKEN):
        TelegramInput.from_credentials({"token": "geheim"})


@pytest.mark.parametrize("environment", [{}, {TOKEN: "", API: ""}])
def test_without_settings_it_is_off(environment: Dict[str, str]) -> None:
    assert read_settings(environment) is None
    app = Sanic(f"off_{len(environment)}")
    app.blueprint(TelegramInput().blueprint(None), url_prefix="telegram")
    assert not app.router.routes_all


def test_the_secret_depends_on_the_token_alone() -> None:
    first, other = Settings("1:a"), Settings("1:b")
    assert first.secret == Settings("1:a", "http://127.0.0.1:1").secret != other.secret


# The command


@pytest.mark.parametrize(
    "url, address",
    [
        ("https://school.nl", "https://school.nl/webhooks/telegram/webhook"),
        ("https://school.nl/", "https://school.nl/webhooks/telegram/webhook"),
        ("https://school.nl:8443/chat", "https://school.nl:8443/chat/webhooks/telegram/webhook"),
        ("https://school.nl/webhooks/telegram/webhook", "https://school.nl/webhooks/telegram/webhook"),
    ],
)
def test_the_address_of_the_webhook(url: str, address: str) -> None:
    assert webhook_address(url) == address


@pytest.mark.parametrize(
    "url", ["http://school.nl", "school.nl", "https://localhost", "https://school.nl:5005", "https://a b.nl", ""]
)
def test_an_address_that_telegram_does_not_call(url: str) -> None:
    with pytest.raises(WebhookError):
        webhook_address(url)


@pytest.fixture
def bot() -> Iterator[FakeTelegram]:
    """A Telegram in which nothing is set yet."""
    with FakeTelegram() as running:
        yield running


def command(bot: FakeTelegram, url: Optional[str] = None, token: str = fake_telegram.TOKEN) -> str:
    return "\n".join(asyncio.run(set_up(Settings(token, bot.api), url)))


def test_the_command_tells_that_all_is_well(bot: FakeTelegram) -> None:
    assert "@wilgenhof_bot" in command(bot, PUBLIC)
    assert "Alles staat goed" in command(bot)
    assert "groepen" not in command(bot)
    bot.can_join_groups = True
    assert "/setjoingroups" in command(bot)


@pytest.mark.parametrize(
    "error, remedy",
    [
        ("Wrong response from the webhook: 403 Forbidden", "ander token"),
        ("Wrong response from the webhook: 404 Not Found", TOKEN),
        ("Wrong response from the webhook: 502 Bad Gateway", "make serve"),
        ("SSL error {error:0A000086:SSL routines::certificate verify failed}", "certificaat"),
        ("Failed to resolve host: Name or service not known", "tikfout"),
        ("Connection refused", "luistert niets"),
        ("Connection timed out", "firewall"),
        ("Something new", "Something new"),
    ],
)
def test_the_command_says_what_to_mend_when_delivery_fails(bot: FakeTelegram, error: str, remedy: str) -> None:
    command(bot, PUBLIC)
    bot.webhook.last_error = error
    told = command(bot)
    assert error in told and remedy in told and "Nog niet afgeleverd: 3" in told
    assert "Alles staat goed. Stuur" not in told


def test_the_command_says_what_keeps_messages_away(bot: FakeTelegram) -> None:
    with pytest.raises(WebhookError, match="nog niet waar"):
        command(bot)
    with pytest.raises(WebhookError, match="nergens.*resolve"):
        command(bot, "https://nergens.nl")
    with pytest.raises(WebhookError, match=f"token niet.*{TOKEN}"):
        command(bot, token="987654321:" + "x" * 35)
    bot.webhook.url = "https://elders.example/hook"
    with pytest.raises(WebhookError, match="elders"):
        command(bot)
    command(bot, PUBLIC)
    bot.webhook.allowed = ["message"]
    with pytest.raises(WebhookError, match="soorten berichten"):
        command(bot)
    bot.stop()
    with pytest.raises(WebhookError, match="niet te bereiken"):
        command(bot)
    bot.start()


def test_the_command_without_a_token_says_so_and_fails() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OUDERWIJZER_TELEGRAM")}
    run = subprocess.run(
        [sys.executable, "-m", "tools.telegram_webhook"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert TOKEN in run.stderr and "Traceback" not in run.stderr


def test_every_command_of_the_menu_is_explained(bot: FakeTelegram) -> None:
    command(bot, PUBLIC)
    assert [entry["command"] for entry in bot.commands] == list(COMMANDS)


# A crash; these come last, as the server of the other tests is killed


def test_killed_in_the_middle_of_sends_nothing_is_lost_and_little_comes_twice(
    telegram: FakeTelegram, server: Server, content: Content
) -> None:
    chance = random.Random(7)
    people = [(telegram.person(), chance.sample(list(content.topics), 2)) for _ in range(20)]
    telegram.hold()
    for person, chosen in people:
        for label in chosen:
            assert telegram.deliver(person.typed(content.topics[label].vraag)).status_code == 200
    wait_until(lambda: telegram.held >= 10)
    killed = server.process_ids()["rasa"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: server.process_ids().get("rasa") not in (None, killed))
    telegram.release()
    server.wait_until_ready()
    # What the killed process was at is free for another after a minute.
    wait_until_idle(server, within=240)
    for person, chosen in people:
        messages = [sent for sent in person.got if not is_greeting(sent, content)]
        without_repeats = [sent for place, sent in enumerate(messages) if place == 0 or sent != messages[place - 1]]
        assert topics(without_repeats) == chosen
        assert len(person.got) <= 1 + len(chosen) + 1, "more than one message came twice"


def test_the_logs_hold_no_words_names_numbers_or_tokens(server: Server, telegram: FakeTelegram) -> None:
    written = "".join(file.read_text(encoding="utf8", errors="replace") for file in server.logs.glob("*.log"))
    assert "telegram: " in written
    forbidden = [
        fake_telegram.TOKEN,
        fake_telegram.TOKEN.split(":")[1],
        telegram.webhook.secret,
        "Fatima",
        "fatima_planten",
    ]
    forbidden += ["gepest", "slaat ons", "/sendMessage", *(str(sent.chat_id) for sent in telegram.sent)]
    assert [words for words in forbidden if words in written] == []


def test_the_database_holds_no_ids_of_telegram(server: Server, telegram: FakeTelegram) -> None:
    files = server.conversations.parent.glob(f"{server.conversations.name}*")
    kept = b"".join(file.read_bytes() for file in files)
    assert not any(str(sent.chat_id).encode() in kept for sent in telegram.sent)
    assert b"Fatima" not in kept
