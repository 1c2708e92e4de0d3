"""The connector of WhatsApp: Meta's Cloud API, by pywa. Off until the environment says which number it is for.

Meta delivers to `<server>/webhooks/whatsapp/webhook`; `make whatsapp-check` tells what is still to be set up there.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import re
import time
from typing import Any, Awaitable, Callable, Dict, Iterator, List, Optional, Text, Tuple

import httpx
import pywa_async
from pydantic import BaseModel, Field, StrictStr, conint, constr
from pywa.errors import AuthorizationError, ExpiredAccessToken, ThrottlingError, WhatsAppError
from pywa.utils import HUB_CH, HUB_SIG, HUB_VT, webhook_updates_validator
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import InvalidConfigException
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.delivery import TryLater, Undeliverable, count
from channels.messenger import ERASE, MAX_BODY, OTHER, PAYLOAD, TEXT, Messenger, acknowledge
from channels.problem import problem
from channels.whatsapp_format import Part, WhatsAppFormat
from channels.whatsapp_settings import Settings, variable
from content import load_school

logger = logging.getLogger(__name__)
for _name in ("httpx", "httpcore", "pywa", "pywa_async"):
    # At levels below this one they write addresses, numbers and messages to the log.
    logging.getLogger(_name).setLevel(logging.ERROR)

NAME = "whatsapp"
WINDOW = 86_400  # seconds after a parent's message; later WhatsApp takes nothing but templates, which cost money
SEND_WITHIN = 10.0  # seconds for one request
TYPING_WITHIN = 2.0  # seconds that an answer waits for "typing ...", which it ends
CHECK = "`make whatsapp-check` says what to mend"

# Typed alone these erase the conversation: who wants to be left alone by a number types the first, everywhere.
_ERASING = re.compile(r"[\W_]*(stop|wis)[\W_]*", re.IGNORECASE)
# What a parent sends in the place of words. Of what else there is (reactions, edits, changed numbers) nothing is said.
_NO_TEXT = ("image", "video", "audio", "document", "sticker", "location", "contacts", "order", "unsupported")

# Errors that Meta takes back by itself: developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes.
_PASSING = (1, 2, 131000, 131016, 131057, 133004)
# Errors of the school's account, its number or its bill: once that is mended, messages can be sent.
_ACCOUNT = (368, 131005, 131031, 131042, 131045, 133010)
_NO_SUCH_NUMBER = (100, 33)  # code and subcode


class _Text(BaseModel):
    body: StrictStr


class _Reply(BaseModel):
    id: StrictStr


class _Interactive(BaseModel):
    button_reply: Optional[_Reply] = None
    list_reply: Optional[_Reply] = None


class Message(BaseModel):
    """A message of a webhook, as far as we need it.

    Not pywa's, which reads one message of a webhook only, and needs a contact with it. `phone` is missing where the
    parent shows a username in its place; then Meta knows them by `user`, their id with this school.
    """

    id: constr(strict=True, min_length=1, max_length=512)
    timestamp: conint(ge=0)  # seconds since 1970
    type: StrictStr
    phone: Optional[constr(strict=True, regex=r"^\d{5,20}\Z")] = Field(None, alias="from")  # noqa: F722
    user: Optional[constr(strict=True, regex=r"^[A-Z]{2}\.(ENT\.)?\w{1,128}\Z")] = Field(  # noqa: F722
        None, alias="from_user_id"
    )
    group_id: Optional[StrictStr] = None
    text: Optional[_Text] = None
    interactive: Optional[_Interactive] = None

    def content(self) -> Optional[Tuple[Text, Optional[Text]]]:
        """Return the kind of message and its value as `Messenger.receive` takes them; None for what gets no answer.

        Raises:
            ValueError: it is not whole.
        """
        if self.group_id:
            return None
        if self.type == "text" and self.text:
            return (ERASE, None) if _ERASING.fullmatch(self.text.body) else (TEXT, self.text.body)
        if self.type == "interactive" and self.interactive:
            reply = self.interactive.button_reply or self.interactive.list_reply
            return (PAYLOAD, reply.id) if reply else None
        if self.type in ("text", "interactive"):
            raise ValueError("there is nothing in it")
        return (OTHER, None) if self.type in _NO_TEXT else None


class WhatsAppInput(InputChannel):
    """Answers what parents send to the school's WhatsApp number."""

    @classmethod
    def name(cls) -> Text:
        """Return the channel's name, which is part of its address: /webhooks/whatsapp/."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> WhatsAppInput:
        """Create the channel; all its settings come from the environment, as they are secret.

        Raises:
            InvalidConfigException: credentials.yml has settings, or some of the environment's are missing or malformed.
        """
        if credentials:
            raise InvalidConfigException("WhatsApp's settings are variables of the environment, not credentials.yml.")
        return cls(Settings.from_environment(os.environ))

    def __init__(self, settings: Optional[Settings] = None) -> None:
        """Without settings the channel has no routes."""
        self._settings = settings

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes.

        Raises:
            ContentError: the content breaks a rule, or there is no such school; the server does not start with it.
        """
        routes = Blueprint(NAME, __name__)
        if self._settings is None:
            return routes
        connector = _Connector(self._settings)
        connector.messenger.run_with(routes)

        @routes.listener("after_server_stop")
        async def close(app: Sanic, loop: Any) -> None:
            await connector.session.aclose()

        @routes.get("/webhook")
        async def shake_hands(request: Request) -> HTTPResponse:
            return connector.shake_hands(request)

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            return connector.receive(request)

        return routes


class _Connector:
    """What the routes do, and how answers are sent."""

    def __init__(self, settings: Settings) -> None:
        content = load_school(settings.school, variable("school"))
        self._settings = settings
        self.session = httpx.AsyncClient(timeout=SEND_WITHIN)
        # Without a server to serve, pywa starts none and asks Meta nothing.
        self._api = pywa_async.WhatsApp(settings.phone_number_id, settings.token, session=self.session).api
        self.session.base_url = f"{settings.api}{self.session.base_url.path}"  # pywa's has the API's version
        self.messenger = Messenger(NAME, content, WhatsAppFormat(content).parts, self.send)
        self._typing: Dict[Text, "asyncio.Task[None]"] = {}

    def shake_hands(self, request: Request) -> HTTPResponse:
        """Show Meta that this address is ours, when the webhook is set."""
        token, challenge = request.args.get(HUB_VT, ""), request.args.get(HUB_CH, "")
        ours = hmac.compare_digest(token.encode("utf8"), self._settings.verify_token.encode("utf8"))
        if request.args.get("hub.mode") != "subscribe" or not ours or not challenge:
            return problem(403, f"The verify token is not the one in {variable('verify_token')}.")
        return response.text(challenge, headers={"X-Content-Type-Options": "nosniff"})

    def receive(self, request: Request) -> HTTPResponse:
        """Keep the messages of one webhook, and acknowledge it; what Meta gets another answer to, it sends again."""
        if len(request.body) > MAX_BODY:
            return problem(413, f"A webhook has {MAX_BODY} bytes at most.")
        signature = request.headers.get(HUB_SIG, "")
        if not signature:
            return problem(401, f"The header {HUB_SIG} is missing.")
        # Only ASCII can be compared in constant time.
        if not signature.isascii() or not webhook_updates_validator(self._settings.app_secret, request.body, signature):
            return problem(403, f"The signature is not made with the secret in {variable('app_secret')}.")
        return acknowledge(NAME, request.body, self._keep)

    async def send(self, body: Dict[Text, Any], part: Part) -> None:
        """Send one part of an answer to who wrote the message with this body.

        Raises:
            TryLater, Undeliverable: as `Delivery` wants them.
        """
        if time.time() - body["timestamp"] > WINDOW:
            raise Undeliverable("the message is more than 24 hours old")
        if body["message"] in self._typing:
            await asyncio.wait([self._typing[body["message"]]], timeout=TYPING_WITHIN)
        try:
            # Not the client's send_message, which takes an id with letters in it for a group's.
            await self._api.send_message(
                sender=self._settings.phone_number_id,
                to=body["to"],
                recipient=body["recipient"],
                recipient_type="individual",
                typ=part["type"],
                msg=part[part["type"]],
            )
        except WhatsAppError as error:
            raise _failure(error) from None
        except httpx.HTTPError as error:
            raise TryLater(f"Meta cannot be reached ({type(error).__name__})") from None

    def _keep(self, update: Any) -> None:
        values = list(_values(update, self._settings.phone_number_id))
        if not values:
            self.messenger.ignore()
        for value in values:
            for status in _members(value, "statuses"):
                self._note(status)
            for message in _members(value, "messages"):
                self._keep_message(message)

    def _keep_message(self, received: Any) -> None:
        try:
            message = Message.parse_obj(received)
            content = message.content()
            sender = message.user or message.phone
            if sender is None:
                raise ValueError("nobody sent it")
        except (ValueError, TypeError):  # pydantic's are of this kind, and of that for a list of pairs
            count(NAME, "malformed")
            return
        if content is None:
            self.messenger.ignore()
            return
        # Who shows a username one day and a number the next stays the same parent; a number is the surer way to them.
        recipient = None if message.phone else message.user
        reply_to = {"to": message.phone, "recipient": recipient, "message": message.id, "timestamp": message.timestamp}
        if self.messenger.receive(message.id, sender, *content, **reply_to):
            task = asyncio.get_running_loop().create_task(self._show_typing(message.id))
            self._typing[message.id] = task
            task.add_done_callback(lambda done: self._typing.pop(message.id, None))

    def _note(self, status: Any) -> None:
        """Make known that Meta took an answer and could not deliver it; all other statuses say nothing new."""
        if isinstance(status, dict) and status.get("status") == "failed":
            codes = [error.get("code") for error in _members(status, "errors") if isinstance(error, dict)]
            known = ", ".join(str(code) for code in codes if isinstance(code, int)) or "no reason"
            logger.error(f"{NAME}: Meta could not deliver an answer ({known}).")
            count(NAME, "undeliverable")

    async def _show_typing(self, message_id: Text) -> None:
        """Mark a message as read, and show that an answer is being typed; without it nobody misses anything."""
        try:
            await self._api.set_indicator(self._settings.phone_number_id, message_id, "text")
        except (WhatsAppError, httpx.HTTPError, ValueError, KeyError) as error:
            logger.info(f"{NAME}: a message could not be marked as read: {type(error).__name__}.")


def _values(update: Any, phone_number_id: Text) -> Iterator[Dict[Text, Any]]:
    """Yield what a webhook says about messages to and from our number."""
    for entry in _members(update, "entry"):
        for change in _members(entry, "changes"):
            value = change.get("value") if isinstance(change, dict) and change.get("field") == "messages" else None
            metadata = value.get("metadata") if isinstance(value, dict) else None
            if isinstance(metadata, dict) and metadata.get("phone_number_id") == phone_number_id:
                yield value


def _members(value: Any, name: Text) -> List[Any]:
    """Return the list of this name in a JSON object; an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _failure(error: WhatsAppError) -> Exception:
    """Return what an error of Meta's means for the message that was to be sent."""
    code, status = error.code, error.status_code
    if isinstance(error, ExpiredAccessToken):
        return TryLater(
            f"Meta no longer takes the access token ({code}): make a new one, put it in {variable('token')} and start "
            f"again; {CHECK}"
        )
    if isinstance(error, AuthorizationError) or code in _ACCOUNT or (code, error.subcode) == _NO_SUCH_NUMBER:
        return TryLater(f"Meta does not let this account send ({code}): {CHECK}")
    if isinstance(error, ThrottlingError) or status == 429:
        return TryLater(f"Meta asks to send less ({code})", _retry_after(error.raw_response))
    if status >= 500 or status in (401, 403) or error.is_transient or code in _PASSING:
        return TryLater(f"Meta cannot take it now ({code})", _retry_after(error.raw_response))
    return Undeliverable(f"Meta refuses it ({code})")


def _retry_after(reply: httpx.Response) -> Optional[float]:
    """Return the seconds that Meta asks to wait; None where it does not say, or names a date."""
    value = reply.headers.get("retry-after", "")
    return float(value) if re.fullmatch(r"\d{1,5}", value, re.ASCII) else None
