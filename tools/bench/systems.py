"""The two assistants: how each is started, talked to and stopped."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import aiohttp
from ruamel.yaml import YAML

from channels.chat import chosen_payload
from content import Content, load_content
from content.answer import buttons
from content.schema import bare_title
from tests.conversation_files import FOLDER, NOT_YET, Turn, read_conversations
from tools.bench.client import ANSWERED, FAILED, PRESSED, TYPED, UNANSWERED, Script, Step, Talk, post
from tools.server import ROOT, Server, free_port, stop

# Files of conversations that are not replayed: messages of the first never reach Rasa, the second erases what is
# counted, and the third goes wrong.
LEFT_OUT = ("slechte_invoer", "privacy_en_taal", NOT_YET)

# All of them are read by NLU, and the second and the last hang on what went before.
STEADY = (
    "mijn zoon wordt gepest op school",
    "heb je een voorbeeld?",
    "hoe kan ik helpen met huiswerk zonder ruzie?",
    "ik heb de leraar een boze mail gestuurd, wat nu",
    "en op de middelbare dan?",
)

PROJECT = ROOT / ".rasa" / f"rasa-init-{version('rasa')}"  # of the bot of `rasa init`, which is trained once
TRAINED_WITHIN = 1800  # seconds


class BenchError(RuntimeError):
    """An assistant cannot be made or does not start; the message says which and where its log is."""


class Ouderwijzer:
    """Our assistant with its action server, kept alive as `make serve` does it, with conversations of its own."""

    key, title = "ouderwijzer", "Ouderwijzer"

    def __init__(self, folder: Path) -> None:
        """Keep logs and conversations in `folder`."""
        self.conversations = folder / "gesprekken.db"
        content = load_content()
        self.scripts = own_scripts(content)
        self.steady = tuple(Step(text=text, kind=_kind(text, content)) for text in STEADY)
        # Each conversation comes from an address of its own, as behind the proxy that a school has.
        web = {"demo": False, "proxies": 1, "messages_per_minute": 10_000}
        self._server = Server(
            folder, free_port(), free_port(), conversations=self.conversations, channels={"channels.web.WebInput": web}
        )
        self._addresses = itertools.count(1)

    def __enter__(self) -> Ouderwijzer:
        """Start it; that it answers, one finds out by asking.

        Raises:
            ServerError: it cannot start.
        """
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def processes(self) -> Dict[str, int]:
        """Return the ids of its processes, by name."""
        return self._server.process_ids()

    def talk(self, session: aiohttp.ClientSession) -> Talk:
        """Return a new conversation over the terminal's connector."""
        return _TerminalTalk(session, self._server.url)

    def talk_with_ids(self, session: aiohttp.ClientSession) -> Talk:
        """Return a new conversation over the widget's connector, where each message has an id."""
        number = next(self._addresses)
        address = ".".join(str(byte) for byte in (10 << 24 | number).to_bytes(4, "big"))
        return _WebTalk(session, self._server.url, address)


class RasaInit:
    """The bot that `rasa init` makes, as `rasa run` serves it. It has no custom actions, so no action server."""

    key, title = "rasa_init", "bot of `rasa init`"

    def __init__(self, folder: Path, project: Path = PROJECT) -> None:
        """Keep the log in `folder`; `make_project` has made the project."""
        self._log = folder / "rasa-init.log"
        self._project = project
        self._port = free_port()
        self._process: Optional[subprocess.Popen] = None
        self.scripts = example_scripts(project)
        self.steady = tuple(step for script in self.scripts for step in script)

    def __enter__(self) -> RasaInit:
        """Start it; that it answers, one finds out by asking."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_RASA, "run", "--interface", "127.0.0.1", "--port", str(self._port)],
                cwd=self._project,
                env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        stop(self._process)

    def processes(self) -> Dict[str, int]:
        """Return the id of its process, by name."""
        return {"rasa": self._process.pid}

    def talk(self, session: aiohttp.ClientSession) -> Talk:
        """Return a new conversation over Rasa's REST channel."""
        return _RestTalk(session, f"http://127.0.0.1:{self._port}")

    talk_with_ids = talk  # REST knows no ids


_RASA = (sys.executable, "-m", "rasa")


def make_project(project: Path = PROJECT) -> None:
    """Have `rasa init` make its project and train its bot, where that was not done before.

    Raises:
        BenchError: it did not succeed.
    """
    if list(project.glob("models/*.tar.gz")):
        return
    project.mkdir(parents=True, exist_ok=True)
    log = project / "init.log"
    with log.open("wb") as output:
        status = subprocess.run(
            [*_RASA, "init", "--no-prompt", "--init-dir", str(project)],
            env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=TRAINED_WITHIN,
        ).returncode
    if status != 0 or not list(project.glob("models/*.tar.gz")):
        raise BenchError(f"`rasa init` trained no bot in {project}; {log} says why.")


def own_scripts(content: Content) -> List[Script]:
    """Return the conversations of tests/conversations/, as far as they are replayed."""
    return [
        tuple(_step(turn, content) for turn in conversation.gesprek)
        for path in sorted(FOLDER.glob("*.yml"))
        if path.stem not in LEFT_OUT
        for conversation in read_conversations(path, content)
    ]


def example_scripts(project: Path) -> List[Script]:
    """Return the stories and rules of a Rasa project as conversations, with each intent's own example sentences.

    There are as many rounds of all of them as the intent with the most examples has.
    """
    yaml = YAML(typ="safe")
    data = project / "data"
    examples = {
        block["intent"]: [line.strip()[2:] for line in block["examples"].splitlines() if line.strip()]
        for block in yaml.load(data / "nlu.yml")["nlu"]
    }
    told = [*yaml.load(data / "stories.yml")["stories"], *yaml.load(data / "rules.yml")["rules"]]
    paths = [[step["intent"] for step in each["steps"] if "intent" in step] for each in told]
    return [
        tuple(Step(text=examples[intent][number % len(examples[intent])]) for intent in path)
        for number in range(max(map(len, examples.values())))
        for path in paths
    ]


def _step(turn: Turn, content: Content) -> Step:
    if turn.ouder is not None:
        return Step(text=turn.ouder, kind=_kind(turn.ouder, content))
    if turn.knop is not None:
        return Step(payload=turn.knop, kind=PRESSED)
    return Step(choice=str(turn.kies), kind=PRESSED)


def _kind(text: str, content: Content) -> str:
    """Tell whether NLU reads a typed text; the title of a button counts as that button."""
    return PRESSED if bare_title(text) in content.payload_by_title else TYPED


class _OwnTalk:
    """What our two connectors have in common: answers, and choices that the last of them offers."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._offered: List[dict] = []

    def _body(self, step: Step) -> Dict[str, Any]:
        if step.text is not None:
            return {"text": step.text}
        return {"payload": step.payload or chosen_payload(step.choice, self._offered)}

    def _outcome(self, answers: Sequence[Dict[str, Any]]) -> str:
        if not answers:
            return UNANSWERED
        self._offered = buttons(answers[-1])
        return FAILED if answers[0]["soort"] == "fout" else ANSWERED


class _TerminalTalk(_OwnTalk):
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        super().__init__(session, f"{url}/webhooks/terminal/webhook")
        self._sender = os.urandom(16).hex()

    async def begin(self) -> None:
        """Nothing comes before the first message."""

    async def say(self, step: Step, message_id: str) -> str:
        """Take one step; the terminal knows no ids."""
        answers = (await post(self._session, self._url, {"sender": self._sender, **self._body(step)}))["answers"]
        return self._outcome(answers)


class _WebTalk(_OwnTalk):
    def __init__(self, session: aiohttp.ClientSession, url: str, address: str) -> None:
        super().__init__(session, f"{url}/webhooks/web")
        self._headers = {"X-Forwarded-For": address}

    async def begin(self) -> None:
        """Open a session, which is answered with a greeting."""
        opened = await post(self._session, f"{self._url}/sessions", {}, self._headers)
        self._headers["Authorization"] = f"Bearer {opened['token']}"
        self._offered = buttons(opened["answers"][-1])

    async def say(self, step: Step, message_id: str) -> str:
        """Take one step; an answer to another message than ours is a failure."""
        body = {"id": message_id, **self._body(step)}
        reply = await post(self._session, f"{self._url}/messages", body, self._headers)
        return self._outcome(reply["answers"]) if reply["id"] == message_id else FAILED


class _RestTalk:
    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/webhooks/rest/webhook"
        self._sender = os.urandom(16).hex()

    async def begin(self) -> None:
        """Nothing comes before the first message."""

    async def say(self, step: Step, message_id: str) -> str:
        """Take one step; REST gives an empty list both for no answer and for an exception."""
        answers = await post(self._session, self._url, {"sender": self._sender, "message": step.text})
        return ANSWERED if answers else UNANSWERED
