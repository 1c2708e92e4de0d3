"""The Telegram connector: a bot in private chats, which gets its messages at a webhook.

It is off until OUDERWIJZER_TELEGRAM_TOKEN, the token that @BotFather gave, is set where the assistant starts;
`make telegram-webhook` then makes the address known. OUDERWIJZER_TELEGRAM_API is the address of a Bot API server
other than Telegram's own, OUDERWIJZER_TELEGRAM_SCHOOL the name in content/scholen/ of the school whose bot it is.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Dict, Mapping, Optional, Text, Tuple

from pydantic import BaseModel, Extra, StrictStr, ValidationError, conint
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from telegram import Bot
from telegram.constants import MessageAttachmentType
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from channels.delivery import Part, TryLater, Undeliverable
from channels.messenger import ERASE, INTENT, MAX_BODY, OTHER, PAYLOAD, TEXT, Messenger, acknowledge
from channels.problem import problem
from channels.telegram_format import TelegramFormat
from content import load_school

NAME = "telegram"
WEBHOOK = f"/webhooks/{NAME}/webhook"
PREFIX = "OUDERWIJZER_TELEGRAM_"
TOKEN, API, SCHOOL = f"{PREFIX}TOKEN", f"{PREFIX}API", f"{PREFIX}SCHOOL"
TELEGRAM = "https://api.telegram.org"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATES = ("message", "callback_query")  # what Telegram is asked for

# Seconds. A message that Telegram took without saying so in time is sent once more, so it gets plenty.
READ_WITHIN, CONNECT_WITHIN = 30.0, 5.0

COMMANDS: Dict[Text, Tuple[Text, Text]] = {"start": (INTENT, "groet"), "help": (INTENT, "hulp"), "wis": (ERASE, "")}
# As Telegram sends them, with @botname or without; only /start has something behind it, the parameter of a link.
_COMMAND = re.compile(r"/(?:(start)(?:@\w+)?(?: [\w-]{1,64})?|(help|wis)(?:@\w+)?)\s*", re.IGNORECASE | re.ASCII)
_ATTACHMENTS = frozenset(str(kind.value) for kind in MessageAttachmentType)

# They log addresses, with the token in them, and replies that they cannot read, with messages in them.
for _library in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)
logger = logging.getLogger(__name__)


class InvalidSettings(RasaException):
    """A variable of the environment is missing or wrong; the message names it and what to do."""


@dataclass(frozen=True)
class Settings:
    """How the bot is reached."""

    token: Text
    api: Text = TELEGRAM
    school: Optional[Text] = None  # by default the one of content/school.yml

    @property
    def secret(self) -> Text:
        """What Telegram sends with each update, so that nobody else can: derived, so there is nothing to keep in step.

        Telegram takes 1 to 256 of the characters A-Z, a-z, 0-9, _ and -.
        """
        return hmac.new(self.token.encode("ascii"), b"ouderwijzer telegram webhook", hashlib.sha256).hexdigest()


def read_settings(environment: Mapping[Text, Text]) -> Optional[Settings]:
    """Return the settings; None where none is given, which leaves the channel off. An empty variable is none.

    Raises:
        InvalidSettings: one is missing, unknown or malformed.
    """
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX) and value}
    if not given:
        return None
    unknown = sorted(set(given) - {TOKEN, API, SCHOOL})
    if unknown:
        raise InvalidSettings(f"Telegram: {', '.join(unknown)} is no setting. There are {TOKEN}, {API} and {SCHOOL}.")
    if TOKEN not in given:
        raise InvalidSettings(f"Telegram: {TOKEN} is missing. Set it to the token that @BotFather gave.")
    if not re.fullmatch(r"\d{5,20}:[A-Za-z0-9_-]{30,100}", given[TOKEN], re.ASCII):
        raise InvalidSettings(f"Telegram: {TOKEN} is no token. Copy it from @BotFather: digits, a colon, 35 signs.")
    api = given.get(API, TELEGRAM).rstrip("/")
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", api):
        raise InvalidSettings(f"Telegram: {API} is no address such as {TELEGRAM}. Correct it, or leave it out.")
    return Settings(given[TOKEN], api, given.get(SCHOOL))


class Api:
    """Telegram's Bot API, as far as answers need it."""

    def __init__(self, settings: Settings, read_within: float = READ_WITHIN) -> None:
        """`read_within`: seconds that Telegram may take to reply."""
        self._settings = settings
        self._read_within = read_within

    def open(self) -> None:
        """Prepare for `send`, without a request; call it where the event loop runs."""
        self._request = HTTPXRequest(read_timeout=self._read_within, connect_timeout=CONNECT_WITHIN)
        self._bot = Bot(self._settings.token, base_url=f"{self._settings.api}/bot", request=self._request)

    async def close(self) -> None:
        """Close the connections."""
        await self._request.shutdown()

    async def send(self, body: Dict[Text, Any], message: Part) -> None:
        """Send a message of `TelegramFormat` to the chat that `body` names.

        Raises:
            TryLater: Telegram cannot be reached, fails, asks to wait, or does not know the token.
            Undeliverable: the parent blocked the bot, or Telegram refuses the message.
        """
        parameters = {name: value for name, value in message.items() if name != "text"}
        try:
            await self._bot.send_message(body["to"], message["text"], api_kwargs=parameters)
        except RetryAfter as error:
            raise TryLater("Telegram asks to wait", float(error.retry_after)) from error
        except Forbidden as error:
            raise Undeliverable("the parent blocked the bot, or left Telegram") from error
        except BadRequest as error:  # its message may quote ours
            raise Undeliverable("Telegram refuses the message, or does not know the chat") from error
        except InvalidToken as error:
            raise TryLater(f"Telegram does not know the token; set {TOKEN} to the one that @BotFather shows") from error
        except TelegramError as error:
            raise TryLater(f"Telegram cannot be reached, or fails ({type(error).__name__})") from error


_Id = conint(strict=True, gt=-(2**63), lt=2**63)


class _Chat(BaseModel):
    id: _Id
    type: StrictStr


class _Message(BaseModel):
    chat: _Chat
    text: Optional[StrictStr] = None
    media_group_id: Optional[StrictStr] = None

    class Config:
        extra = Extra.allow  # what else it has tells what it is

    @property
    def is_private(self) -> bool:
        return self.chat.type == "private"

    @property
    def is_attachment(self) -> bool:
        return not _ATTACHMENTS.isdisjoint(self.__fields_set__)


class _Press(BaseModel):
    id: StrictStr
    data: Optional[StrictStr] = None
    message: Optional[_Message] = None


class _Update(BaseModel):
    update_id: _Id
    message: Optional[_Message] = None
    callback_query: Optional[_Press] = None


class TelegramInput(InputChannel):
    """Takes updates that carry the webhook's secret."""

    @classmethod
    def name(cls) -> Text:
        """Return the channel's name, which is part of its address: /webhooks/telegram/."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> TelegramInput:
        """Create the channel from the environment; credentials.yml only names it.

        Raises:
            InvalidSettings: a setting is missing, unknown or malformed; the server does not start with it.
        """
        if credentials:
            raise InvalidSettings(f"Telegram: set {TOKEN} in the environment, and nothing in credentials.yml.")
        return cls(read_settings(os.environ))

    def __init__(self, settings: Optional[Settings] = None) -> None:
        """Without settings the channel is off."""
        self._settings = settings

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes; none where the channel is off.

        Raises:
            ContentError: the content breaks a rule, or there is no such school; the server does not start with it.
        """
        routes = Blueprint(NAME, __name__)
        if self._settings is None:
            return routes
        content = load_school(self._settings.school, SCHOOL)
        form, api = TelegramFormat(content), Api(self._settings)
        messenger = Messenger(NAME, content, form.messages, api.send)
        updates = _Updates(messenger, form)
        secret = self._settings.secret.encode("ascii")

        @routes.listener("before_server_start")
        async def open_api(app: Sanic, loop: Any) -> None:
            api.open()

        messenger.run_with(routes)

        @routes.listener("after_server_stop")
        async def close_api(app: Sanic, loop: Any) -> None:
            await api.close()

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            given = request.headers.get(SECRET_HEADER, "")
            if not hmac.compare_digest(given.encode("utf8", "surrogateescape"), secret):
                return problem(403, f"{SECRET_HEADER} is not the one that was set: make telegram-webhook")
            if len(request.body) > MAX_BODY:
                return problem(413, f"A webhook has {MAX_BODY} bytes at most.")
            return acknowledge(NAME, request.body, updates.receive)

        return routes


class _Updates:
    """What is done with updates that are Telegram's.

    A reply to an update may hold one call of the Bot API, which saves a request and comes first:
    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """

    def __init__(self, messenger: Messenger, form: TelegramFormat) -> None:
        self._messenger = messenger
        self._form = form

    def receive(self, body: Any) -> Optional[Dict[Text, Any]]:
        """Keep what is to be answered; return a call for the reply, None where there is nothing to say.

        Of updates that are for nobody, or that we do not know, there is nothing to do but count them: Telegram would
        repeat one that is refused.

        Raises:
            NotReady, SQLAlchemyError: it could not be kept.
        """
        try:
            update = _Update.parse_obj(body)
        except (ValidationError, TypeError):  # the latter of a list of pairs, which pydantic takes for an object
            self._messenger.ignore()
            return None
        message, press = update.message, update.callback_query
        if press is not None:
            if press.message is not None and press.message.is_private:
                self._keep(press.message, str(update.update_id), PAYLOAD, self._form.payload(press.data))
            else:
                self._messenger.ignore()
            # Until this the button shows that it is busy.
            return {"method": "answerCallbackQuery", "callback_query_id": press.id}
        if message is None or not message.is_private:
            self._messenger.ignore()
            return None
        if message.text is not None:
            is_kept = self._keep(message, str(update.update_id), *_meaning(message.text))
        elif message.is_attachment:
            # The photos of an album come one by one, and get one answer.
            album = message.media_group_id
            is_kept = self._keep(message, f"album {album}" if album else str(update.update_id), OTHER, None)
        else:  # a pinned message and the like
            self._messenger.ignore()
            return None
        return {"method": "sendChatAction", "chat_id": message.chat.id, "action": "typing"} if is_kept else None

    def _keep(self, message: _Message, message_id: Text, kind: Text, value: Optional[Text]) -> bool:
        return self._messenger.receive(message_id, str(message.chat.id), kind, value, to=message.chat.id)


def _meaning(text: Text) -> Tuple[Text, Text]:
    """Return the kind and value of what was typed; a command with words behind it is words."""
    command = _COMMAND.fullmatch(text)
    return COMMANDS[(command[1] or command[2]).lower()] if command else (TEXT, text)
