"""No line of the log quotes a parent: real errors, through the log as Rasa's own command sets it up."""

from __future__ import annotations

import subprocess
import sys
from typing import Dict

import pytest

from storage.logs import places
from tools.server import ROOT

SECRET = "Sjoerdtje"

# As rasa.__main__ begins; connectors and the tracker store are loaded after it.
START = """
import asyncio, gc, logging, sys
from types import SimpleNamespace

import structlog
from rasa.utils.common import configure_logging_and_warnings
from rasa.utils.io import configure_colored_logging
from rasa.utils.log_utils import configure_structlog

configure_logging_and_warnings(filter_repeated_logs=False)
configure_colored_logging(None)
configure_structlog()
used_before = structlog.get_logger()
used_before.info("used before")

import storage.tracker_store
from rasa.core.channels import rest
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted
from rasa.shared.core.slots import CategoricalSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.training_data.message import Message

secret = "Sjoer" + "dtje"

def fail():
    words = f"mijn kind heet {secret}"
    try:
        raise KeyError(words)
    except KeyError as error:
        raise ValueError(f"not a topic: {words}") from error
"""

# What goes wrong, each in a process that goes on.
FAILURES = {
    "an action": """
class Action:
    def name(self):
        return "action_tips"
    async def run(self, *arguments):
        fail()
    def event_for_successful_execution(self, prediction):
        return ActionExecuted("action_tips")

processor = MessageProcessor.__new__(MessageProcessor)
processor.domain = Domain.empty()
prediction = PolicyPrediction([1.0], "RulePolicy")
asyncio.run(processor._run_action(Action(), DialogueStateTracker("x", []), None, None, prediction))
""",
    "a channel": """
async def on_new_message(message):
    fail()

routes = rest.RestInput().blueprint(on_new_message)._future_routes
(receive,) = [route.handler for route in routes if "POST" in route.methods]
asyncio.run(receive(SimpleNamespace(json={"message": secret, "sender": "x"}, args={}, headers={})))
""",
    "a line that was used before": """
try:
    fail()
except ValueError:
    used_before.exception("late", text=secret)
""",
    "an error as message": """
try:
    fail()
except ValueError as error:
    logging.getLogger("rasa").exception(error)
""",
    "a task that nobody waits for": """
async def main():
    async def lost():
        fail()
    asyncio.ensure_future(lost())
    await asyncio.sleep(0.01)

asyncio.run(main())
gc.collect()
""",
    "a typed slash": """
domain = Domain.from_dict({"intents": ["groet"]})
for text in ("/", "/ ", "/groet{"):
    YAMLStoryReader.unpack_regex_message(Message({"text": text + secret}), domain)
""",
    "a slot": """
slot = CategoricalSlot("schooltype", [], values=["basisonderwijs"])
slot.value = secret
slot.as_feature()
""",
}


@pytest.fixture(scope="module")
def logged() -> Dict[str, str]:
    """What Rasa's log says of each failure."""
    steps = [f"print({name!r} + chr(7), file=sys.stderr, flush=True)\n{step}" for name, step in FAILURES.items()]
    result = subprocess.run(
        [sys.executable, "-c", "".join([START, *steps])], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert result.returncode == 0, result.stderr
    assert SECRET not in result.stdout
    parts = result.stderr.split("\a\n")
    return {before.splitlines()[-1]: part for before, part in zip(parts, parts[1:])}


@pytest.mark.parametrize("failure", FAILURES)
def test_no_line_has_the_parents_words(logged: Dict[str, str], failure: str) -> None:
    assert SECRET not in logged[failure]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        ("an action", "Encountered an exception while running action 'action_tips'"),
        ("a channel", "rest.message.received.failure"),
        ("a line that was used before", "late"),
        ("an error as message", "ERROR"),
        ("a task that nobody waits for", "Task exception was never retrieved"),
    ],
)
def test_a_line_says_what_failed_where_and_why(logged: Dict[str, str], failure: str, told: str) -> None:
    assert all(part in logged[failure] for part in (told, "in fail", "KeyError", "because of", "ValueError"))


def test_causes_that_go_round_come_to_an_end() -> None:
    first, second = ValueError("een"), KeyError("twee")
    first.__cause__, second.__cause__ = second, first
    assert places(first) == "ValueError\nbecause of\nKeyError"
