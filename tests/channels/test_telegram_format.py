"""Every answer that the content can give, as Telegram gets it; the strict fake takes each."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List

import pytest

from channels.telegram_format import MAX_LENGTH, TelegramFormat, button_id, length
from content import Content
from content.answer import Answer, AnswerBuilder, buttons, lead
from content.schema import SAFETY_WITHOUT_INTENT, TIPS_PER_ANSWER, ButtonTitles, Link, Wordings
from tests.channels.fake_telegram import Sent, read_message


@pytest.fixture(scope="module")
def form(content: Content) -> TelegramFormat:
    return TelegramFormat(content)


def received(form: TelegramFormat, answer: Answer) -> List[Sent]:
    """Return the messages of an answer as a person gets them; the fake refuses what Telegram would."""
    messages = form.messages(answer)
    assert all(length(message["text"]) <= MAX_LENGTH for message in messages)
    return [read_message(1, **message) for message in messages]


def every_answer(content: Content) -> Iterator[Answer]:
    """Yield each answer that the content can give, with the most that can stand in it."""
    feelings = [text for wordings in content.conversation.gevoelens.values() for text in wordings.teksten]
    longest_feeling = max(feelings, key=len)
    for easy in (False, True):
        builder = AnswerBuilder(content, easy=easy)
        for topic in content.topics.values():
            for start in range(0, len(topic.tips), TIPS_PER_ANSWER):
                for remaining in (0, 2):
                    yield builder.tips(topic, topic.tips[start:], remaining, before=longest_feeling)
    longest = sorted(content.topics.values(), key=lambda topic: -len(topic.vraag))
    for turn in range(4):
        builder = AnswerBuilder(content, turn)
        yield builder.chapters()
        yield from (builder.chapter(chapter) for chapter in content.chapters.values())
        yield from (builder.out_of_scope(nearest) for nearest in ([], longest))
        yield from (builder.practical(matter, longest) for matter in content.conversation.praktisch)
        yield builder.choice(builder.wording(content.conversation.keuze), longest)
        yield builder.pupil()
        yield builder.failure()
        for name in type(content.conversation).__fields__:
            wordings = getattr(content.conversation, name)
            if isinstance(wordings, Wordings):
                own = dict.fromkeys(
                    ("bron", "titel", "schooltype", "wanneer", "zaak", "aantal", "hoofdstuk", "grens"), "x"
                )
                every_button = [builder.button(button) for button in ButtonTitles.__fields__]
                yield builder.conversation(builder.wording(wordings, **own), every_button, [content.contact_link])
    builder = AnswerBuilder(content)
    for name in ("acuut_gevaar", "mishandeling", "zelfdoding", *SAFETY_WITHOUT_INTENT):
        yield builder.safety(getattr(content.safety, name))
    for language in content.languages.values():
        yield builder.conversation(language.tekst.format(**content.school.fields()), [builder.button("makkelijker")])


def test_every_answer_arrives_whole_in_one_message(form: TelegramFormat, content: Content) -> None:
    answers = list(every_answer(content))
    assert len(answers) > 4 * len(content.topics)
    for answer in answers:
        (message,) = received(form, answer)
        assert lead(answer) in message.text
        assert all(f"{number}. {tip['tekst']}" in message.text for number, tip in enumerate(answer["tips"], 1))
        assert all(link["titel"] in message.text for link in answer["links"])
        websites = [link for link in answer["links"] if link["url"].startswith("https")]
        assert message.links == [(link["titel"], link["url"]) for link in websites]
        assert message.text.endswith(answer["bron"] or "")
        assert [form.payload(data) for _, data in message.buttons] == [row["payload"] for row in buttons(answer)]


def test_questions_stand_in_the_text_with_the_number_of_their_button(form: TelegramFormat, content: Content) -> None:
    answer = AnswerBuilder(content).chapter(content.chapters[3])
    (message,) = received(form, answer)
    for number, choice in enumerate(answer["keuzes"], 1):
        title = content.topics[choice["onderwerp"]].titel
        assert f"\n{number}. {choice['vraag']}" in message.text
        assert message.buttons[number - 1] == (f"{number}. {title}", button_id(choice["payload"]))


def test_chapters_are_buttons_alone(form: TelegramFormat, content: Content) -> None:
    (message,) = received(form, AnswerBuilder(content).chapters())
    assert [title for title, _ in message.buttons] == [chapter.titel for chapter in content.chapters.values()]
    assert "\n" not in message.text


def test_every_payload_has_an_id_of_its_own_that_fits_and_leads_back(form: TelegramFormat, content: Content) -> None:
    ids = {button_id(payload) for payload in content.payloads}
    assert len(ids) == len(content.payloads)
    assert [form.payload(button_id(payload)) for payload in content.payloads] == content.payloads


def test_an_id_is_the_same_in_every_process_and_version() -> None:
    assert button_id("/meer_tips") == "7da5a721091af06b"


@pytest.mark.parametrize("data", [None, "", "/meer_tips", "/restart", "0" * 16, "é" * 40])
def test_a_button_that_is_none_of_ours_stands_for_nothing(form: TelegramFormat, data: Any) -> None:
    assert form.payload(data) == ""


NASTY = '<b>&amp; <script>alert(\'x\')</script> <a href="javascript:x">tik</a> & co > 3 < 4 "quote" 🎉'


def test_nothing_in_an_answer_is_taken_for_html(form: TelegramFormat, content: Content) -> None:
    builder = AnswerBuilder(content)
    answer = builder.conversation(NASTY, [{"titel": NASTY, "payload": "/meer_tips"}])
    answer.update(
        vooraf=NASTY,
        tips=[{"id": "x", "tekst": NASTY}],
        bron=NASTY,
        keuzes=[{"onderwerp": "weg/verdwenen", "vraag": NASTY, "payload": "/weg.verdwenen"}],
        links=[{"titel": NASTY, "url": 'https://www.school.nl/?a=1&b="><b>'}, {"titel": NASTY, "url": "tel:112"}],
    )
    (message,) = received(form, answer)
    assert message.text.count(NASTY) == 7
    assert message.links == [(NASTY, 'https://www.school.nl/?a=1&b="><b>')]
    assert NASTY in [title for title, _ in message.buttons]


@pytest.mark.parametrize(
    "title, url, shown",
    [
        ("Bel ons: 012-345 67 89", "tel:0123456789", "• Bel ons: 012-345 67 89"),
        ("Bel de administratie", "tel:0123456789", "• Bel de administratie: 0123456789"),
        ("Mail naar info@school.nl", "mailto:info@school.nl", "• Mail naar info@school.nl"),
        ("Mail de administratie", "mailto:info@school.nl", "• Mail de administratie: info@school.nl"),
    ],
)
def test_a_number_or_address_is_text_and_always_there(
    form: TelegramFormat, content: Content, title: str, url: str, shown: str
) -> None:
    answer = AnswerBuilder(content).conversation("Dit kan.", links=[Link(titel=title, url=url)])
    (message,) = received(form, answer)
    assert message.text.splitlines()[-1] == shown
    assert not message.links


def long_answer(content: Content, **changes: Any) -> Dict[str, Any]:
    return {**AnswerBuilder(content).conversation("Kort."), **changes}


def test_a_long_answer_is_split_between_lines_and_its_buttons_are_on_the_last(
    form: TelegramFormat, content: Content
) -> None:
    tips = [{"id": str(number), "tekst": f"{number}" + " tip & tip <3" * 60} for number in range(20)]
    answer = long_answer(content, tips=tips, knoppen=[AnswerBuilder(content).button("hielp")])
    messages = received(form, answer)
    assert len(messages) > 2
    lines = [line for message in messages for line in message.text.splitlines() if line]
    assert lines == ["Kort.", *(f"{number}. {tip['tekst']}" for number, tip in enumerate(tips, 1))]
    assert [len(message.buttons) for message in messages] == [0] * (len(messages) - 1) + [1]


@pytest.mark.parametrize("text", ["woord " * 3000, "x" * 9000, "🎉" * 5000, "<&>" * 2000, "a&b 🎉 " * 1500])
@pytest.mark.parametrize("place", ["kern", "bron", "link"])
def test_even_a_line_that_is_too_long_arrives_whole(
    form: TelegramFormat, content: Content, text: str, place: str
) -> None:
    text = text.strip()
    changes = {"links": [{"titel": text, "url": "https://www.school.nl"}]} if place == "link" else {place: text}
    messages = received(form, long_answer(content, **changes))
    together = "".join(message.text for message in messages)
    assert len(messages) > 1
    assert "".join(text.split()) in "".join(together.split())


def test_what_a_parent_typed_is_shown_as_it_stands(form: TelegramFormat, content: Content) -> None:
    (message,) = received(form, long_answer(content, kern="Dit is bewaard:\n‘1 < 2 & <b>ja</b>’\n‘tweede’"))
    assert message.text == "Dit is bewaard:\n‘1 < 2 & <b>ja</b>’\n‘tweede’"
