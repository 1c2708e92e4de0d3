"""What every channel does around Rasa, without Rasa."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, List

import pytest
from rasa.core.channels.channel import UserMessage

from channels.conversation import MAX_LENGTH, Conversation, clean
from content import Content
from content.answer import Answer, AnswerBuilder, parse_payload

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("mijn kind wordt gepest", "mijn kind wordt gepest"),
        ("  wat nu?\n", "wat nu?"),
        ("eerst dit\n\ndan dat", "eerst dit  dan dat"),
        ("ge\u200bpe\u00adst", "gepest"),
        ("\ufeffhallo\x00\x1b", "hallo"),
        ("/restart", "restart"),
        (" \n// /restart", "restart"),
        ("\u200b/restart", "restart"),
        ("\u2003/\u200b/restart", "restart"),
        ("en/of", "en/of"),
        ("groep 7/8", "groep 7/8"),
        ("café 😀 één", "café 😀 één"),
        ("\ud800", ""),
        ("///", ""),
        ("", ""),
    ],
)
def test_clean(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_payload_with_only_an_intent() -> None:
    parsed = parse_payload("/je_kind_volgen.pushmeldingen")
    assert parsed["intent"] == {"name": "je_kind_volgen.pushmeldingen", "confidence": 1.0}
    assert parsed["intent_ranking"] == [parsed["intent"]]
    assert parsed["entities"] == []


def test_payload_with_an_entity() -> None:
    parsed = parse_payload('/inhoud{"hoofdstuk": "3"}')
    assert parsed["intent"]["name"] == "inhoud"
    assert [(entity["entity"], entity["value"]) for entity in parsed["entities"]] == [("hoofdstuk", "3")]


def test_every_payload_of_the_content_can_be_pressed(content: Content) -> None:
    messages: List[UserMessage] = []
    conversation = Conversation(answering(content, messages), content, "terminal")
    for payload in content.payloads:
        asyncio.run(conversation.pressed("a", payload))
    assert [message.text for message in messages] == content.payloads
    assert all(message.parse_data["intent"]["confidence"] == 1.0 for message in messages)


def test_typed_text_reaches_rasa_cleaned_and_not_yet_understood(content: Content) -> None:
    messages: List[UserMessage] = []
    conversation = Conversation(answering(content, messages), content, "terminal")
    (answer,) = asyncio.run(conversation.typed("a", "  /hallo "))
    (message,) = messages
    assert (message.text, message.sender_id, message.input_channel) == ("hallo", "a", "terminal")
    assert message.parse_data is None
    assert answer["soort"] == "gesprek"


def test_rasa_is_told_the_school_where_it_is_not_the_default_one(content: Content) -> None:
    messages: List[UserMessage] = []
    for school in (content, content.copy(update={"name": "linde"})):
        asyncio.run(Conversation(answering(content, messages), school, "terminal").typed("a", "hallo"))
    assert [message.metadata for message in messages] == [None, {"school": "linde"}]


@pytest.mark.parametrize("text", ["", " / ", "a" * (MAX_LENGTH + 1)])
def test_what_cannot_be_read_does_not_reach_rasa(content: Content, text: str) -> None:
    messages: List[UserMessage] = []
    conversation = Conversation(answering(content, messages), content, "terminal")
    (answer,) = asyncio.run(conversation.typed("a", text))
    assert (answer["soort"], messages) == ("gesprek", [])


@pytest.mark.parametrize("text", ["👍", " 🙏🏾 ", "❤️", "❤", "👍👍🏻 ❤️", "🌹\n💐"])
def test_emoji_that_say_thanks_are_thanks(content: Content, text: str) -> None:
    messages: List[UserMessage] = []
    asyncio.run(Conversation(answering(content, messages), content, "terminal").typed("a", text))
    (message,) = messages
    assert message.parse_data["intent"] == {"name": "bedankt", "confidence": 1.0}
    # A parent who sees the conversation again sees what was typed.
    assert message.text == message.parse_data["text"] == clean(text)


@pytest.mark.parametrize("text", ["😡", "👍😡", "💔", "👎", "🏽", "👍 maar hoe", "5 👍"])
def test_other_emoji_are_left_to_rasa(content: Content, text: str) -> None:
    messages: List[UserMessage] = []
    asyncio.run(Conversation(answering(content, messages), content, "terminal").typed("a", text))
    assert [(message.text, message.parse_data) for message in messages] == [(text, None)]


def test_a_button_that_nobody_knows_leaves_a_way_on(content: Content) -> None:
    messages: List[UserMessage] = []
    conversation = Conversation(answering(content, messages), content, "terminal")
    for payload in ("/bedankt", "/restart", '/inhoud{"hoofdstuk": "99"}'):
        (answer,) = asyncio.run(conversation.pressed("a", payload))
        assert answer["kern"] in content.conversation.knop_verlopen.teksten
        assert [button["payload"] for button in answer["knoppen"]] == ["/inhoud", "/contact_school"]
    assert messages == []


def test_longest_message_that_can_be_read(content: Content) -> None:
    messages: List[UserMessage] = []
    asyncio.run(Conversation(answering(content, messages), content, "terminal").typed("a", f" {'a' * MAX_LENGTH} "))
    assert len(messages) == 1


def test_rasa_says_nothing(content: Content, caplog: pytest.LogCaptureFixture) -> None:
    async def silent(message: UserMessage) -> None:
        return None

    (answer,) = asyncio.run(Conversation(silent, content, "terminal").typed("a", "hallo"))
    assert answer["soort"] == "fout"
    assert "Is the action server running" in caplog.text


def test_rasa_fails(content: Content, caplog: pytest.LogCaptureFixture) -> None:
    async def failing(message: UserMessage) -> None:
        raise RuntimeError(f"cannot handle {message.text}")

    (answer,) = asyncio.run(Conversation(failing, content, "terminal").typed("a", "mijn geheim"))
    assert answer["soort"] == "fout"
    assert content.school.telefoon in answer["kern"]
    assert "RuntimeError" in caplog.text
    assert "geheim" not in caplog.text


def test_two_messages_that_cannot_be_read_get_different_words(content: Content) -> None:
    conversation = Conversation(answering(content, []), content, "terminal")
    first, second = (asyncio.run(conversation.typed("a", ""))[0]["kern"] for _ in range(2))
    assert first != second


def answering(content: Content, messages: List[UserMessage]) -> OnNewMessage:
    """Return what stands in Rasa's place: it keeps the message and gives an answer."""
    answer: Answer = AnswerBuilder(content).conversation("Hallo")

    async def handle(message: UserMessage) -> None:
        messages.append(message)
        await message.output_channel.send_response(message.sender_id, {"custom": answer})

    return handle


@pytest.mark.parametrize(
    ("typed", "payload"),
    [
        ("Meer tips", "/meer_tips"),
        ("dit hielp niet.", "/hielp_niet"),
        ("Al geprobeerd", '/hielp_niet{"gemist": "al_geprobeerd"}'),
        ("gewoon nederlands", '/makkelijker{"taal": "gewoon_nederlands"}'),
        ("PESTEN", "/samen_verantwoordelijk.pesten"),
        ("‘Je kind volgen’", '/inhoud{"hoofdstuk": "3"}'),
        ("Zal ik een boze mail naar school sturen", "/tevredenheid.boze_mail"),
    ],
)
def test_the_typed_title_of_a_button_is_that_button(content: Content, typed: str, payload: str) -> None:
    messages: List[UserMessage] = []
    asyncio.run(Conversation(answering(content, messages), content, "terminal").typed("a", typed))
    assert [message.text for message in messages] == [payload]
    assert messages[0].parse_data["intent"]["name"] == payload[1:].split("{")[0]
