"""The connector of the chat widget: signed sessions, messages, history and deletion, as web_openapi.yml describes."""

from __future__ import annotations

import json
import re
from typing import Any, Awaitable, Callable, Dict, Optional, Text, Tuple

from pydantic import BaseModel, Extra, StrictBool, ValidationError, conint, constr, root_validator
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.lock_store import LockError
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from channels.conversation import Conversation
from channels.health import tell_health
from channels.history import turns
from channels.limits import RateLimits
from channels.problem import problem
from channels.rasa_agent import NotReady, RasaAgent
from channels.sessions import LIFETIME, InvalidToken, Session, Sessions
from channels.widget import Widget
from content import Content, Schools, load_schools
from storage.errors import StorageError

NAME = "web"
GREETING = "/groet"
MAX_BODY = 16_384  # bytes; 2,000 characters of any script fit, escaped as JSON may

MESSAGES_PER_MINUTE = 30  # of one session; nobody types faster
# Of one address, behind which all parents of a school may sit.
MESSAGES_OF_ADDRESS = "600/minute"
SESSIONS_OF_ADDRESS = "120/minute"

_CORS = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Expose-Headers": "retry-after",
    "Access-Control-Max-Age": "7200",
}
_ORIGIN = re.compile(r"[!-~]+")  # what a browser may send; anything else could end the header, and begin another


class Refused(Exception):
    """A request that is not processed; `response` says why."""

    def __init__(self, refusal: HTTPResponse) -> None:
        super().__init__(refusal.status)
        self.response = refusal


class Message(BaseModel):
    """The body of a message: what was typed, or the payload of a pressed button. `id` makes a retry harmless."""

    id: constr(strict=True, regex="^[0-9a-f]{32}$", max_length=32)  # noqa: F722
    # Over 2,000 characters of text get a friendly answer; nobody who types comes to this many.
    text: Optional[constr(strict=True, max_length=10_000)] = None
    payload: Optional[constr(strict=True, max_length=200)] = None

    class Config:
        extra = Extra.forbid

    @root_validator(skip_on_failure=True)
    def _one_of_both(cls, values: Dict[Text, Any]) -> Dict[Text, Any]:
        if (values["text"] is None) == (values["payload"] is None):
            raise ValueError("give `text` (typed) or `payload` (a button)")
        return values


class _Settings(BaseModel):
    demo: StrictBool = False
    proxies: conint(strict=True, ge=0) = 0
    messages_per_minute: conint(strict=True, ge=1) = MESSAGES_PER_MINUTE

    class Config:
        extra = Extra.forbid


class WebInput(InputChannel):
    """Serves the widget and its conversations to the websites that each school's school.yml allows."""

    @classmethod
    def name(cls) -> Text:
        """Return the channel's name, which is part of its address: /webhooks/web/."""
        return NAME

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> WebInput:
        """Create the channel from its part of credentials.yml.

        Raises:
            ValidationError: a setting is unknown, or has a value that it cannot have.
        """
        return cls(**_Settings.parse_obj(credentials or {}).dict())

    def __init__(self, demo: bool = False, proxies: int = 0, messages_per_minute: int = MESSAGES_PER_MINUTE) -> None:
        """`demo`: show a school's page with the widget at `/`.

        `proxies`: how many trusted proxies stand before Rasa. Each adds the address that it got a request from to
        X-Forwarded-For; with 0 that header is not believed. `messages_per_minute`: how many one session may send.
        """
        self._demo = demo
        self._proxies = proxies
        self._messages_of_session = f"{messages_per_minute}/minute"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes.

        Raises:
            ContentError: the content breaks a rule; the server does not start with it.
        """
        routes = Blueprint("web", __name__)
        schools = load_schools()
        widget = Widget(schools)
        rasa = RasaAgent(schools[None])
        api = _Api(rasa, schools, self._messages_of_session)

        @routes.listener("before_server_start")
        async def configure(app: Sanic, loop: Any) -> None:
            rasa.app = app
            app.config.PROXIES_COUNT = self._proxies
            if self._demo:
                app.register_middleware(widget.demo, "request")

        @routes.middleware("request")
        async def check_origin(request: Request) -> Optional[HTTPResponse]:
            # Which school it is for shows later; a website of none of them gets nothing.
            if request.method == "OPTIONS" or any(_allowed(request, content) for content in schools.values()):
                return None
            return _foreign(None)

        @routes.middleware("response")
        async def add_headers(request: Request, reply: HTTPResponse) -> None:
            reply.headers["Vary"] = "Origin, Accept-Encoding"
            # Rasa's own headers for cross-origin requests allow cookies, of which there are none.
            reply.headers.pop("Access-Control-Allow-Credentials", None)
            # Every website may read that it is refused, so that the widget there can say so.
            origin = request.headers.get("origin", "")
            if _ORIGIN.fullmatch(origin):
                reply.headers.update({**_CORS, "Access-Control-Allow-Origin": origin})

        @routes.exception(Refused)
        async def refuse(request: Request, refusal: Refused) -> HTTPResponse:
            return refusal.response

        @routes.exception(NotReady)
        async def not_ready(request: Request, error: NotReady) -> HTTPResponse:
            return problem(503, str(error))

        @routes.exception(StorageError, LockError)
        async def without_store(request: Request, error: Exception) -> HTTPResponse:
            return problem(503, "Conversations cannot be read or written now; the log says why.")

        @routes.get("/health")
        async def health(request: Request) -> HTTPResponse:
            return await tell_health(request)

        @routes.get("/ouderwijzer.js")
        async def serve_widget(request: Request) -> HTTPResponse:
            return widget.script(request)

        @routes.post("/sessions")
        async def open_session(request: Request) -> HTTPResponse:
            return await api.open_session(request)

        @routes.post("/messages")
        async def receive(request: Request) -> HTTPResponse:
            return await api.receive(request)

        @routes.get("/messages")
        async def tell_history(request: Request) -> HTTPResponse:
            return await api.tell_history(request)

        @routes.delete("/session")
        async def erase(request: Request) -> HTTPResponse:
            return await api.erase(request)

        for path in ("/sessions", "/messages", "/session"):

            @routes.options(path, name=f"preflight{path}".replace("/", "_"))
            async def preflight(request: Request) -> HTTPResponse:
                return response.empty()

        return routes


class _Api:
    """What the routes do."""

    def __init__(self, rasa: RasaAgent, schools: Schools, messages_of_session: Text) -> None:
        self._schools = schools
        self._messages_of_session = messages_of_session
        self._limits = RateLimits()
        self._rasa = rasa
        self._conversations = {name: Conversation(rasa.handle_once, schools[name], NAME) for name in schools}
        content = schools[None]  # the questions are those of every school
        self._starters = [
            {"titel": topic.vraag, "payload": topic.payload}
            for topic in (content.topics[label] for label in content.conversation.beginvragen)
        ]

    async def open_session(self, request: Request) -> HTTPResponse:
        """Begin a conversation with the greeting."""
        self._count((SESSIONS_OF_ADDRESS, f"sessions {_address(request)}"))
        school = request.args.get("school")
        if school not in self._schools:
            raise Refused(problem(404, "There is no such school in content/scholen/.", "onbekende-school"))
        self._check_website(request, school)
        sessions = self._sessions()
        token = sessions.issue(school)
        answers = await self._conversations[school].pressed(sessions.read(token).sender, GREETING)
        body = {"token": token, "expires_in": LIFETIME, "answers": answers, "starters": self._starters}
        return response.json(body, status=201, ensure_ascii=False)

    async def receive(self, request: Request) -> HTTPResponse:
        """Answer one message, once however often it comes."""
        sender, school = await self._session(request)
        message = _message(request)
        self._count((self._messages_of_session, sender), (MESSAGES_OF_ADDRESS, f"messages {_address(request)}"))
        if message.payload is not None:
            answers = await self._conversations[school].pressed(sender, message.payload, message.id)
        else:
            answers = await self._conversations[school].typed(sender, message.text, message.id)
        return response.json({"id": message.id, "answers": answers}, ensure_ascii=False)

    async def tell_history(self, request: Request) -> HTTPResponse:
        """Return the whole conversation, for a page that is loaded again."""
        sender, school = await self._session(request)
        self._count((self._messages_of_session, f"history {sender}"))
        tracker = await self._rasa.store.retrieve_full_tracker(sender)
        found = turns(tracker.events, self._schools[school]) if tracker else []
        return response.json({"turns": found, "starters": self._starters}, ensure_ascii=False)

    async def erase(self, request: Request) -> HTTPResponse:
        """Erase the conversation, between two turns; its session ends with it."""
        await self._rasa.erase((await self._session(request)).sender)
        return response.empty()

    def _sessions(self) -> Sessions:
        return Sessions(self._rasa.store.derived_key("web sessions"))

    async def _session(self, request: Request) -> Session:
        """Return the session that the token stands for: one that lasts as long as its conversation is kept.

        Raises:
            Refused: there is none.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            session = self._sessions().read(token if scheme.lower() == "bearer" else "")
        except InvalidToken as error:
            raise Refused(_no_session(str(error))) from error
        if session.school not in self._schools:
            raise Refused(_no_session("its school is not in content/scholen/"))
        self._check_website(request, session.school)
        if not await self._rasa.knows(session.sender):
            raise Refused(_no_session("erased"))
        return session

    def _check_website(self, request: Request, school: Optional[Text]) -> None:
        if not _allowed(request, self._schools[school]):
            raise Refused(_foreign(school))

    def _count(self, *asked: Tuple[Text, Text]) -> None:
        seconds = self._limits.wait(*asked)
        if seconds is not None:
            raise Refused(problem(429, "Too many requests.", "te-veel", {"Retry-After": str(seconds)}))


def _message(request: Request) -> Message:
    """Return the body's message.

    Raises:
        Refused: it is none; the problem says what is wrong with it, without repeating it.
    """
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(problem(415, "Send the message as application/json."))
    if len(request.body) > MAX_BODY:
        raise Refused(problem(413, f"A message has {MAX_BODY} bytes at most."))
    try:
        body = json.loads(request.body)
        if not isinstance(body, dict):  # of a list pydantic would try to make one
            raise Refused(problem(422, "The body is not an object."))
        return Message.parse_obj(body)
    except ValidationError as error:
        # By its place, as far as we know it: the key of anything else is the sender's own.
        places = [fault["loc"][0] for fault in error.errors()]
        names = [place if place in Message.__fields__ else "the body" for place in places]
        faults = [f"{name}: {fault['msg']}" for name, fault in zip(names, error.errors())]
        raise Refused(problem(422, "; ".join(faults))) from error
    except (ValueError, RecursionError) as error:
        raise Refused(problem(400, "The body is not JSON in UTF-8.")) from error


def _no_session(reason: Text) -> HTTPResponse:
    detail = f"The session's token is not valid ({reason}). POST /sessions gives a new one."
    return problem(401, detail, "sessie-verlopen", {"WWW-Authenticate": "Bearer"})


def _address(request: Request) -> Text:
    return request.remote_addr or request.ip


def _allowed(request: Request, content: Content) -> bool:
    """Tell whether the page that asks may talk to us: one of the school's websites, one of our own, or no page."""
    origin = request.headers.get("origin")
    host = request.headers.get("host")
    return origin is None or origin in (*content.school.widget.websites, f"https://{host}", f"http://{host}")


def _foreign(school: Optional[Text]) -> HTTPResponse:
    file = f"content/scholen/{school}/school.yml" if school else "content/school.yml"
    return problem(403, f"Put this website under widget, websites in {file}.", "herkomst")
