"""Runs every conversation of tests/conversations/ through the real assistant."""

from __future__ import annotations

from typing import List

import pytest

from content import Content, load_content
from content.answer import Answer
from tests.conversation_files import FOLDER, NOT_YET, Conversation, Turn, read_conversations
from tests.parent import Parent, visible_text

CONVERSATIONS = {path.stem: read_conversations(path, load_content()) for path in sorted(FOLDER.glob("*.yml"))}


def _cases() -> List[object]:
    # A conversation of the list goes wrong, and must: the list can only shrink.
    not_yet = pytest.mark.xfail(
        strict=True, raises=AssertionError, reason=f"listed in {NOT_YET}.yml; move it once it goes well"
    )
    return [
        pytest.param(conversation, id=f"{stem}: {conversation.naam}", marks=[not_yet] if stem == NOT_YET else [])
        for stem, conversations in CONVERSATIONS.items()
        for conversation in conversations
    ]


@pytest.mark.parametrize("conversation", _cases())
def test_conversation(conversation: Conversation, parent: Parent, content: Content) -> None:
    answers: List[Answer] = []
    for number, turn in enumerate(conversation.gesprek, start=1):
        *before, answer = _take(parent, turn)
        assert [first["onderwerp"] for first in before] == [turn.eerst] * (turn.eerst is not None), f"turn {number}"
        _check(answer, turn, content, f"turn {number}")
        if answers:
            before = visible_text(answers[-1], content)
            assert visible_text(answer, content) != before, f"turn {number} is answered with the same text again"
        answers.append(answer)
    _check_no_tip_twice(answers, content)


def _take(parent: Parent, turn: Turn) -> List[Answer]:
    if turn.ouder is not None:
        return parent.asks(turn.ouder)
    return [parent.presses(turn.knop) if turn.knop is not None else parent.chooses(turn.kies)]


def _check(answer: Answer, turn: Turn, content: Content, where: str) -> None:
    """Hold one answer against what its turn expects."""
    text = visible_text(answer, content)
    where = f"{where} was answered with:\n{text}\n{[choice['vraag'] for choice in answer['keuzes']]}"
    assert (answer["soort"], answer["onderwerp"]) == (turn.soort, turn.onderwerp), where
    assert turn.tips in (None, len(answer["tips"])), where
    assert turn.nog_meer in (None, answer["nog_meer"]), where
    fields = content.school.fields()
    for words in turn.bevat:
        assert words.format(**fields) in text, where
    for words in turn.bevat_niet:
        assert words.format(**fields) not in text, where
    assert set(turn.keuzes_bevatten) <= {choice["onderwerp"] for choice in answer["keuzes"]}, where


def _check_no_tip_twice(answers: List[Answer], content: Content) -> None:
    """An answer that goes on with the tips before it repeats none of them."""
    texts = content.conversation
    goes_on = {*texts.meer_tips_kop.teksten, *texts.al_geprobeerd_kop.teksten}
    given: List[str] = []
    for answer in answers:
        if answer["soort"] != "tips":
            continue
        tips = [tip["id"] for tip in answer["tips"]]
        if answer["kern"] in goes_on:
            assert not set(given) & set(tips)
            given = [*given, *tips]
        else:
            given = tips


def test_every_topic_occurs(content: Content) -> None:
    going_well = [conversations for stem, conversations in CONVERSATIONS.items() if stem != NOT_YET]
    turns = [turn for conversations in going_well for conversation in conversations for turn in conversation.gesprek]
    answered = {turn.onderwerp for turn in turns}
    assert set(content.topics) <= answered, "add a conversation for these topics to tests/conversations/"
