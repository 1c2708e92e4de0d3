"""WhatsApp's connector in the real server, beside a Graph API that is as strict as the real one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, Iterator, List, Set

import httpx
import pytest
import requests
from pywa.errors import WhatsAppError
from rasa.shared.exceptions import InvalidConfigException

from channels.delivery import TryLater, Undeliverable
from channels.whatsapp import MAX_BODY, WINDOW, Message, WhatsAppInput, _failure
from channels.whatsapp_format import without_markup
from channels.whatsapp_settings import Settings
from content import Content, load_content
from tests.channels.fake_whatsapp import (
    ACCOUNT,
    APP,
    NUMBER,
    SECRET,
    SETTINGS,
    TOKEN,
    VERIFY_TOKEN,
    FakeWhatsApp,
    HangUp,
    Refusal,
    WhatsAppParent,
    body_of,
    sign,
    webhook,
)
from tests.conversation_files import FOLDER, NOT_YET, Conversation, Turn, read_conversations
from tools.server import Server, free_port
from tools.whatsapp_check import main as check

PESTEN = "samen_verantwoordelijk/pesten"
PESTED = "mijn kind wordt gepest"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeWhatsApp]:
    with FakeWhatsApp() as running:
        yield running


@pytest.fixture(scope="module")
def server(fake: FakeWhatsApp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The assistant with WhatsApp set up, and a database of its own."""
    folder = tmp_path_factory.mktemp("whatsapp")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in {**SETTINGS, "OUDERWIJZER_WHATSAPP_API": fake.url}.items():
            environment.setenv(name, value)
        conversations = folder / "gesprekken.db"
        with Server(folder / "logs", free_port(), free_port(), conversations=conversations) as running:
            running.wait_until_ready()
            yield running


@pytest.fixture
def is_done(server: Server) -> Callable[[], bool]:
    """Return what tells whether nothing waits for an answer."""

    def nothing_waits() -> bool:
        with sqlite3.connect(f"file:{server.conversations}?mode=ro", uri=True, timeout=30) as database:
            return database.execute("SELECT count(*) FROM inbox WHERE body IS NOT NULL").fetchone() == (0,)

    return nothing_waits


@pytest.fixture
def newcomer(fake: FakeWhatsApp, server: Server, is_done: Callable[[], bool]) -> Callable[..., WhatsAppParent]:
    return lambda **options: WhatsAppParent(fake, server.url, is_done, **options)


@pytest.fixture
def parent(newcomer: Callable[..., WhatsAppParent]) -> WhatsAppParent:
    """A parent who has had the greeting."""
    parent = newcomer()
    parent.types("hallo")
    return parent


def log(server: Server) -> str:
    return (server.logs / "rasa.log").read_text(encoding="utf8")


def logged(fake: FakeWhatsApp, server: Server, words: str) -> None:
    """Wait until the log says this: it comes to its file by way of the supervisor."""
    fake.wait_for(lambda: words in log(server), f"{words!r} in the log")


def counted(server: Server, outcome: str) -> float:
    """Return how many messages had this outcome since the server started."""
    line = f'ouderwijzer_messages_total{{channel="whatsapp",outcome="{outcome}"}} '
    metrics = requests.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    return sum(float(metric[len(line) :]) for metric in metrics if metric.startswith(line))


def topics_in(text: str, content: Content) -> Set[str]:
    """Return the topics of the tips in a message."""
    return {
        label
        for label, topic in content.topics.items()
        if any(without_markup(words) in text for tip in topic.tips for words in (tip.tekst, tip.makkelijk))
    }


# Settings


def test_without_settings_the_channel_is_off() -> None:
    assert Settings.from_environment({"OUDERWIJZER_WHATSAPP_TOKEN": "", "HOME": "/"}) is None
    assert not WhatsAppInput().blueprint(None).routes


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    with pytest.raises(InvalidConfigException, match=name) as refused:
        Settings.from_environment({**SETTINGS, name: ""})
    assert not [other for other in SETTINGS if other != name and other in str(refused.value)]


@pytest.mark.parametrize(
    "name, value",
    [
        ("TOKEN", "kort"),
        ("PHONE_NUMBER_ID", "+31 20 123 45 67"),
        ("APP_SECRET", "0123456789abcdef"),
        ("VERIFY_TOKEN", "kort"),
        ("ACCOUNT_ID", "abc"),
        ("SCHOOL", "De Linde"),
        ("API", "http://graph.facebook.com"),
        ("API", "https://graph.facebook.com/v26.0"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named_and_not_shown(name: str, value: str) -> None:
    name = f"OUDERWIJZER_WHATSAPP_{name}"
    with pytest.raises(InvalidConfigException, match=name) as refused:
        Settings.from_environment({**SETTINGS, name: value})
    assert f"'{value}'" not in str(refused.value) and SECRET not in str(refused.value)


def test_secrets_do_not_belong_in_credentials() -> None:
    with pytest.raises(InvalidConfigException, match="environment"):
        WhatsAppInput.from_credentials({"token": TOKEN})


# Authenticity


def shake(server: Server, **changes: str) -> requests.Response:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444", **changes}
    query = {name: value for name, value in query.items() if value}
    return requests.get(f"{server.url}/webhooks/whatsapp/webhook", params=query, timeout=30)


def test_the_handshake_gives_the_challenge_back_as_text(server: Server) -> None:
    reply = shake(server)
    assert (reply.status_code, reply.text) == (200, "1158201444")
    assert reply.headers["content-type"].startswith("text/plain")
    assert shake(server, **{"hub.challenge": "<script>"}).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "changes",
    [
        {"hub.verify_token": VERIFY_TOKEN[:-1]},
        {"hub.verify_token": ""},
        {"hub.verify_token": "één-zelfgekozen-woord"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
        {"hub.challenge": ""},
    ],
)
def test_a_handshake_with_anything_else_is_refused(server: Server, changes: Dict[str, str]) -> None:
    reply = shake(server, **changes)
    assert reply.status_code == 403 and "1158201444" not in reply.text


def test_a_webhook_that_is_not_signed_by_meta_is_not_processed(parent: WhatsAppParent) -> None:
    update = webhook(parent.text(PESTED))
    body = json.dumps(update).encode("utf8")
    signed = sign(body)
    forged = ["sha256=", sign(body, "f" * 32), sign(body + b" "), signed[:-1], signed.replace("sha256", "sha1"), "é"]
    assert parent.post(update, signature="").status_code == 401
    assert [parent.post(update, signature=signature).status_code for signature in forged] == [403] * len(forged)
    assert len(parent.types("meer tips")) == 1


def test_the_signature_is_over_the_bytes_as_they_came(parent: WhatsAppParent) -> None:
    body = json.dumps(webhook(parent.text("mijn kind wordt gepést 😢")), ensure_ascii=False, indent=3).encode("utf8")
    assert parent.post(body).status_code == 200
    assert len(parent.hears()) == 1


def test_a_webhook_that_comes_again_is_answered_once(parent: WhatsAppParent) -> None:
    update = webhook(parent.text(PESTED))
    with ThreadPoolExecutor(8) as threads:
        assert {reply.status_code for reply in threads.map(lambda _: parent.post(update), range(8))} == {200}
    assert len(parent.hears()) == 1
    assert parent.post(update).status_code == 200
    assert len(parent.types("meer tips")) == 1


# What comes in


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(parent: WhatsAppParent, body: bytes) -> None:
    reply = parent.post(body)
    assert reply.status_code == 400
    assert reply.headers["content-type"] == "application/problem+json"


def test_what_is_too_large_is_refused(parent: WhatsAppParent) -> None:
    assert parent.post(b" " * (MAX_BODY + 1)).status_code == 413


@pytest.mark.parametrize(
    "update",
    [
        None,
        [],
        "entry",
        {},
        {"entry": None},
        {"entry": [None, {"changes": 1}, {"changes": [None, {"value": 1, "field": "messages"}]}]},
        webhook(number="1"),
        webhook(field="account_update"),
        webhook(statuses=[{"status": "delivered", "id": "wamid.x"}, None, {"status": "failed", "errors": [1]}]),
        {"entry": [{"changes": [{"field": "messages", "value": {"metadata": {"phone_number_id": NUMBER}}}]}]},
    ],
)
def test_what_holds_no_message_is_acknowledged(parent: WhatsAppParent, update: Any) -> None:
    # Meta delivers for a week what it gets another answer to.
    assert parent.post(update).status_code == 200


def test_a_message_to_another_number_of_the_school_is_not_ours(parent: WhatsAppParent) -> None:
    assert parent.post(webhook(parent.text(PESTED), number="99999999999")).status_code == 200
    assert parent.hears() == []


def test_messages_that_are_not_whole_are_counted_and_hold_up_no_others(server: Server, parent: WhatsAppParent) -> None:
    before = counted(server, "malformed")
    whole = parent.text(PESTED)
    without = [
        {name: value for name, value in parent.text("x").items() if name != part} for part in ("id", "timestamp")
    ]
    broken: List[Any] = [
        None,
        {},
        *without,
        {**parent.text("x"), "from": "+31 6", "id": "wamid.1"},
        {**parent.text("x"), "from_user_id": "\n"},
        {**parent.text("x"), "text": None},
        {**parent.text("x"), "text": {"body": 1}},
        {**parent.reply("/groet"), "interactive": None},
        {**parent.message("interactive", {"type": "button_reply", "button_reply": {"title": "x"}})},
        {name: value for name, value in parent.text("x").items() if name not in ("from", "from_user_id")},
    ]
    update = webhook(whole)
    update["entry"][0]["changes"][0]["value"]["messages"] = [*broken, whole]
    assert parent.post(update).status_code == 200
    assert len(parent.hears()) == 1
    assert counted(server, "malformed") == before + len(broken)


def test_several_messages_entries_and_changes_of_one_webhook_are_answered_in_order(
    newcomer: Callable[..., WhatsAppParent], content: Content
) -> None:
    one, other = newcomer(), newcomer()
    first = webhook(one.text(PESTED), other.text("hallo"))
    second = webhook(one.text("waar staat dat?"))
    second["entry"][0]["changes"] += webhook(one.text("dit hielp"))["entry"][0]["changes"]
    assert one.post({**first, "entry": first["entry"] + second["entry"]}).status_code == 200
    greeting, tips, source, thanks = one.hears()
    assert topics_in(tips, content) == {PESTEN}
    assert "e-book" in source and thanks in content.conversation.hielp.teksten
    assert len(other.hears()) == 1


@pytest.mark.parametrize(
    "kind", ["image", "video", "audio", "document", "sticker", "location", "contacts", "unsupported"]
)
def test_what_is_no_text_gets_one_polite_sentence(parent: WhatsAppParent, content: Content, kind: str) -> None:
    (said,) = parent.delivers(parent.message(kind, {"id": "1", "mime_type": "image/jpeg"}))
    assert said in content.conversation.alleen_tekst.teksten


@pytest.mark.parametrize("kind", ["reaction", "system", "edit", "revoke", "request_welcome", "nieuw", "ephemeral"])
def test_on_what_asks_for_nothing_nothing_is_said(parent: WhatsAppParent, fake: FakeWhatsApp, kind: str) -> None:
    message = parent.message(kind, {"emoji": "👍", "message_id": "wamid.1"})
    assert parent.delivers(message) == []
    assert len(parent.types(PESTED)) == 1
    assert message["id"] not in [read["message_id"] for read in fake.read]


def test_a_group_gets_no_answer(parent: WhatsAppParent) -> None:
    assert parent.delivers(parent.text(PESTED, group_id="Y2FwaV9ncm91cDox")) == []


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "/", "a" * 2001, "\ud800", "\x00"])
def test_what_cannot_be_understood_gets_a_friendly_answer(parent: WhatsAppParent, content: Content, text: str) -> None:
    (said,) = parent.types(text)
    assert not any(said.startswith(words[:20]) for words in content.conversation.fout.teksten)


def test_a_typed_intent_is_words(parent: WhatsAppParent, content: Content) -> None:
    parent.types(PESTED)
    parent.types("/restart")
    assert topics_in(parent.types("meer tips")[0], content) == {PESTEN}


# Conversations


def test_the_first_answer_comes_after_what_this_is_and_only_then(newcomer, content: Content) -> None:
    parent = newcomer()
    greeting, tips = parent.types(PESTED)
    assert "geen namen of andere gegevens van kinderen" in greeting
    assert topics_in(tips, content) == {PESTEN}
    assert len(parent.types("meer tips")) == 1


def test_who_begins_with_hello_reads_it_once(newcomer) -> None:
    (greeting,) = newcomer().types("hallo")
    assert "geen namen of andere gegevens van kinderen" in greeting


def test_danger_is_answered_first(newcomer) -> None:
    (said,) = newcomer().types("mijn man slaat ons nu")
    assert "112" in said


def test_a_parent_without_a_number_is_answered_by_the_id_that_meta_gave(newcomer, fake: FakeWhatsApp) -> None:
    parent = newcomer(username=True)
    parent.types(PESTED)
    assert len(parent.presses("Meer tips")) == 1
    assert {(message.get("to"), message["recipient"]) for message in fake.sent_to(parent.user)} == {(None, parent.user)}


def test_who_changes_a_number_for_a_username_stays_the_same_parent(newcomer, content: Content) -> None:
    before, after = newcomer(), newcomer(username=True)
    after.user = after.address = before.user
    before.types(PESTED)
    (more,) = after.types("meer tips")
    assert topics_in(more, content) == {PESTEN}


def test_choices_work_by_button_by_number_and_by_words(parent: WhatsAppParent, content: Content) -> None:
    for choose in (lambda: parent.presses("Meer tips"), lambda: parent.types("1"), lambda: parent.types("meer tips")):
        (first,) = parent.types(PESTED)
        (more,) = choose()
        assert topics_in(more, content) == {PESTEN} and more != first


def test_a_list_works_by_row_by_number_and_by_words(parent: WhatsAppParent, content: Content) -> None:
    for choose in (lambda: parent.presses(4), lambda: parent.types("4"), lambda: parent.types("Je kind volgen")):
        parent.types("Alle onderwerpen")
        assert [row["title"] for row in parent.choices()][3] == "Je kind volgen"
        choose()
        questions = {topic.vraag for topic in content.topics.values() if topic.hoofdstuk == 3}
        assert {row.get("description") for row in parent.choices()} - {None} == questions
        parent.presses(1)
        assert topics_in(body_of(parent._fake.sent_to(parent.address)[-1]), content)


@pytest.mark.parametrize("payload", ["/restart", "/back", '/wissen{"wissen": true}', "/nergens", "", "/session_start"])
def test_a_payload_that_no_button_carries_is_not_processed(
    parent: WhatsAppParent, content: Content, payload: str
) -> None:
    parent.types(PESTED)
    (said,) = parent.delivers(parent.reply(payload))
    assert said in content.conversation.knop_verlopen.teksten
    assert topics_in(parent.types("meer tips")[0], content) == {PESTEN}


@pytest.mark.parametrize("word", ["stop", "STOP!", " Wis. ", "‘wis’"])
def test_one_word_erases_the_conversation(parent: WhatsAppParent, content: Content, word: str) -> None:
    parent.types(PESTED)
    (said,) = parent.types(word)
    assert said in content.conversation.gewist.teksten
    greeting, said = parent.types("welke gegevens heb je van mij")
    assert "één bericht" in said


@pytest.mark.parametrize("text", ["stop met pesten", "wis alles", "kan ik stoppen?", "niet stop"])
def test_the_word_among_others_does_not(text: str) -> None:
    message = {"id": "1", "timestamp": "1", "type": "text", "from": "31612345678", "text": {"body": text}}
    assert Message.parse_obj(message).content() == ("text", text)


def test_a_message_is_marked_as_read_with_typing_before_it_is_answered(
    parent: WhatsAppParent, fake: FakeWhatsApp
) -> None:
    message = parent.text(PESTED)
    parent.delivers(message)
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": message["id"]}
    assert fake.read[-1] == {**mark, "typing_indicator": {"type": "text"}}
    assert fake.happened.index(fake.read[-1]) < fake.happened.index(fake.sent_to(parent.address)[-1])


def test_without_a_read_mark_the_answer_comes_all_the_same(parent: WhatsAppParent, fake: FakeWhatsApp) -> None:
    message = parent.text(PESTED)
    del fake.messages[message["id"]]  # the API refuses to mark what it does not know
    assert len(parent.delivers(message)) == 1
    assert fake.refused.pop()["message_id"] == message["id"]


def test_nothing_is_sent_more_than_24_hours_after_a_message(parent: WhatsAppParent, fake: FakeWhatsApp) -> None:
    asked = fake.asked
    assert parent.delivers(parent.text(PESTED, sent_at=time.time() - WINDOW - 1)) == []
    assert fake.asked == asked
    assert len(parent.delivers(parent.text(PESTED, sent_at=time.time() - WINDOW + 60))) == 1


def test_a_hundred_parents_at_once_are_each_answered_in_order(newcomer, content: Content, fake: FakeWhatsApp) -> None:
    parents = [newcomer() for _ in range(100)]

    def writes(parent: WhatsAppParent) -> Set[int]:
        return {
            parent.post(webhook(parent.text(text))).status_code for text in (PESTED, "waar staat dat?", "dit hielp")
        }

    with ThreadPoolExecutor(100) as threads:
        assert set().union(*threads.map(writes, parents)) == {200}
    for parent in parents:
        greeting, tips, source, thanks = parent.hears()
        assert "computerprogramma" in greeting or "automatische" in greeting
        assert topics_in(tips, content) == {PESTEN}
        assert "e-book" in source and thanks in content.conversation.hielp.teksten


CONVERSATIONS = [
    pytest.param(conversation, id=f"{path.stem}: {conversation.naam}")
    for path in sorted(FOLDER.glob("*.yml"))
    if path.stem != NOT_YET
    for conversation in read_conversations(path, load_content())
]


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_conversation(conversation: Conversation, newcomer, content: Content) -> None:
    parent = newcomer()
    for number, turn in enumerate(conversation.gesprek, start=1):
        *before, said = _take(parent, turn)
        where = f"turn {number} was answered with:\n{said}"
        assert topics_in(said, content) >= ({turn.onderwerp} if turn.onderwerp else set()), where
        if turn.soort != "tips":
            assert not topics_in(said, content), where
        if turn.eerst:
            assert turn.eerst in topics_in(before[-1], content), where
        for words in turn.bevat:
            assert without_markup(words.format(**content.school.fields())) in said, where
        offered = {choice["id"] for choice in parent.choices()}
        assert {content.topics[label].payload for label in turn.keuzes_bevatten} <= offered, where


def _take(parent: WhatsAppParent, turn: Turn) -> List[str]:
    if turn.ouder is not None:
        return parent.types(turn.ouder)
    if turn.knop is not None:
        return parent.delivers(parent.reply(turn.knop))
    return parent.presses(turn.kies) if isinstance(turn.kies, int) else parent.types(turn.kies)


# When sending fails


@pytest.mark.parametrize(
    "faults",
    [
        [Refusal(130429, 429, {"Retry-After": "1"})],
        [Refusal(131056), Refusal(131056)],
        [Refusal(4, 400), Refusal(80007, 400)],
        [Refusal(131000, 500), Refusal(2, 503)],
        [Refusal(190, 401, type="OAuthException")],
        [HangUp(), None, HangUp()],
        [12.0],
    ],
    ids=["429", "pair", "limits", "5xx", "token", "hang up", "timeout"],
)
def test_what_could_not_be_sent_is_sent_later_once(
    newcomer, fake: FakeWhatsApp, content: Content, faults: list
) -> None:
    parent = newcomer()
    fake.fail(*faults)
    greeting, tips = parent.types(PESTED)
    assert "gegevens van kinderen" in greeting and topics_in(tips, content) == {PESTEN}


def test_an_expired_token_is_said_in_the_log_with_what_to_do(server: Server, parent, fake: FakeWhatsApp) -> None:
    fake.fail(Refusal(190, 401, type="OAuthException"))
    assert len(parent.types(PESTED)) == 1
    logged(fake, server, "put it in OUDERWIJZER_WHATSAPP_TOKEN and start again; `make whatsapp-check`")


def test_when_meta_is_away_the_answer_waits_for_it(server: Server, parent: WhatsAppParent, fake: FakeWhatsApp) -> None:
    fake.stop()
    try:
        assert parent.post(webhook(parent.text(PESTED))).status_code == 200
        logged(fake, server, "Meta cannot be reached (ConnectError)")
    finally:
        fake.start()
    assert len(parent.hears()) == 1


@pytest.mark.parametrize("code", [131026, 131047, 131030, 100])
def test_what_is_refused_for_good_is_given_up_and_the_next_is_answered(
    server: Server, parent: WhatsAppParent, fake: FakeWhatsApp, code: int
) -> None:
    before = counted(server, "undeliverable")
    fake.fail(Refusal(code))
    assert parent.types(PESTED) == []
    assert counted(server, "undeliverable") == before + 1
    logged(fake, server, f"cannot be delivered: Meta refuses it ({code})")
    assert len(parent.types("meer tips")) == 1


def test_what_meta_took_and_could_not_deliver_is_said_in_the_log(
    server: Server, parent: WhatsAppParent, fake: FakeWhatsApp
) -> None:
    status = {"status": "failed", "id": "wamid.1", "recipient_id": parent.number, "errors": [{"code": 131049}]}
    assert parent.post(webhook(statuses=[status])).status_code == 200
    logged(fake, server, "could not deliver an answer (131049)")


@pytest.mark.parametrize(
    "code, status, more, expected, seconds",
    [
        (130429, 429, {}, TryLater, 30),
        (4, 400, {}, TryLater, 30),
        (80007, 400, {}, TryLater, 30),
        (131056, 400, {}, TryLater, 30),
        (1, 500, {}, TryLater, 30),
        (131026, 500, {}, TryLater, 30),
        (190, 401, {}, TryLater, None),
        (10, 403, {}, TryLater, None),
        (131042, 400, {}, TryLater, None),
        (100, 400, {"error_subcode": 33}, TryLater, None),
        (131026, 400, {"is_transient": True}, TryLater, 30),
        (131026, 400, {}, Undeliverable, None),
        (131047, 400, {}, Undeliverable, None),
        (100, 400, {}, Undeliverable, None),
    ],
)
def test_what_an_error_means(code: int, status: int, more: Dict[str, Any], expected: type, seconds: Any) -> None:
    reply = httpx.Response(status, headers={"Retry-After": "30"})
    failure = _failure(WhatsAppError.from_dict({"code": code, "message": "geheim", **more}, reply))
    assert type(failure) is expected and "geheim" not in str(failure) and str(code) in str(failure)
    assert getattr(failure, "seconds", None) == seconds


def test_a_server_that_is_killed_while_it_sends_loses_nothing(
    server: Server, newcomer, fake: FakeWhatsApp, content: Content
) -> None:
    parents = [newcomer() for _ in range(10)]
    fake.hold()
    for parent in parents:
        assert parent.post(webhook(parent.text(PESTED))).status_code == 200
    fake.wait_for(lambda: any(fake.sent_to(parent.address) for parent in parents), "messages under way")
    os.kill(server.process_ids()["rasa"], signal.SIGKILL)
    fake.release()
    for parent in parents:
        texts = parent.hears()
        assert len(set(texts)) == 2 and len(texts) <= 3, "one message may come twice: the one under way"
        assert topics_in(texts[-1], content) == {PESTEN}
    server.wait_until_ready()
    assert len(parents[0].types("meer tips")) == 1


def test_the_api_had_nothing_to_refuse(fake: FakeWhatsApp) -> None:
    assert fake.sent and not fake.refused


def test_the_log_holds_no_words_names_numbers_or_secrets(server: Server, fake: FakeWhatsApp) -> None:
    text = log(server)
    for secret in (TOKEN, SECRET, VERIFY_TOKEN, "Geheime Naam", "gepest", "geheim", "wamid", *fake.last_wrote):
        assert secret not in text, secret


# The check


WELL: Dict[str, Any] = {
    "debug_token": {
        "data": {
            "app_id": APP,
            "is_valid": True,
            "expires_at": 0,
            "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
            "granular_scopes": [{"scope": "whatsapp_business_messaging", "target_ids": [ACCOUNT]}],
        }
    },
    NUMBER: {"display_phone_number": "+31 20 123 45 67", "platform_type": "CLOUD_API", "id": NUMBER},
    f"{ACCOUNT}/phone_numbers": {"data": [{"id": NUMBER}]},
    f"{ACCOUNT}/subscribed_apps": {"data": [{"whatsapp_business_api_data": {"id": APP, "name": "Ouderwijzer"}}]},
    f"{APP}/subscriptions": {
        "data": [
            {
                "object": "whatsapp_business_account",
                "callback_url": "https://bot.school.nl/webhooks/whatsapp/webhook",
                "active": True,
                "fields": [{"name": "messages", "version": "v26.0"}],
            }
        ]
    },
}


def checked(answers: Dict[str, Any], **changes: str) -> int:
    with FakeWhatsApp() as meta:
        meta.answers = answers
        return check({**SETTINGS, "OUDERWIJZER_WHATSAPP_API": meta.url, **changes})


def test_the_check_says_that_all_is_well(capsys: pytest.CaptureFixture) -> None:
    assert checked(WELL) == 0
    assert "staat goed" in capsys.readouterr().out


def changed(path: str, **values: Any) -> Dict[str, Any]:
    """Return what Meta answers when all is well but this; `data` is changed where there is some."""
    answer = json.loads(json.dumps(WELL[path]))
    data = answer.get("data", answer)
    (data[0] if isinstance(data, list) else data).update(values)
    return {**WELL, path: answer}


@pytest.mark.parametrize(
    "answers, says",
    [
        ({**WELL, "debug_token": Refusal(190, 401)}, "OUDERWIJZER_WHATSAPP_TOKEN is verlopen"),
        (changed("debug_token", is_valid=False), "OUDERWIJZER_WHATSAPP_TOKEN is verlopen"),
        (changed("debug_token", expires_at=1798675200), "verloopt op 31-12-2026"),
        (changed("debug_token", scopes=["whatsapp_business_messaging"]), "mist het recht whatsapp_business_management"),
        (changed("debug_token", granular_scopes=[]), "Vul OUDERWIJZER_WHATSAPP_ACCOUNT_ID in"),
        (
            {**WELL, NUMBER: Refusal(100, error_subcode=33)},
            "Het nummer in OUDERWIJZER_WHATSAPP_PHONE_NUMBER_ID is er niet",
        ),
        (changed(NUMBER, platform_type="NOT_APPLICABLE"), "+31 20 123 45 67 is nog niet aangemeld"),
        (changed(f"{ACCOUNT}/phone_numbers", id="1"), f"hoort niet bij het account {ACCOUNT}"),
        ({**WELL, f"{ACCOUNT}/subscribed_apps": {"data": []}}, f"{ACCOUNT}/subscribed_apps -H"),
        (
            {**WELL, f"{APP}/subscriptions": Refusal(190)},
            "Het app-geheim in OUDERWIJZER_WHATSAPP_APP_SECRET klopt niet",
        ),
        ({**WELL, f"{APP}/subscriptions": {"data": []}}, "De app heeft nog geen webhook"),
        (changed(f"{APP}/subscriptions", callback_url="https://school.nl/hook"), "wijst naar https://school.nl/hook"),
        (changed(f"{APP}/subscriptions", active=False), "De webhook staat uit"),
        (changed(f"{APP}/subscriptions", fields=[{"name": "flows"}]), "Abonneer hem"),
        ({**WELL, NUMBER: Refusal(2, 503)}, "Probeer het straks nog eens"),
    ],
)
def test_the_check_says_what_to_mend(answers: Dict[str, Any], says: str, capsys: pytest.CaptureFixture) -> None:
    assert checked(answers) == 1
    said = capsys.readouterr().err
    assert says in said and TOKEN not in said and SECRET not in said


def test_the_check_says_what_is_not_filled_in_and_that_meta_is_out_of_reach(capsys: pytest.CaptureFixture) -> None:
    assert check({}) == 1
    assert "OUDERWIJZER_WHATSAPP_TOKEN" in capsys.readouterr().err
    assert check({**SETTINGS, "OUDERWIJZER_WHATSAPP_APP_SECRET": ""}) == 1
    assert "OUDERWIJZER_WHATSAPP_APP_SECRET ontbreekt" in capsys.readouterr().err
    assert check({**SETTINGS, "OUDERWIJZER_WHATSAPP_API": f"http://127.0.0.1:{free_port()}"}) == 1
    assert "is niet te bereiken" in capsys.readouterr().err
