"""Looking up rules gives what Rasa's own search gives."""

from __future__ import annotations

from typing import Any, Dict, List, Text

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource

import channels.conversation  # noqa: F401, which every connector imports
from channels.rule_lookup import _possible_keys

STATES: List[Dict[Text, Any]] = [
    {},
    {"user": {"intent": "groet"}, "prev_action": {"action_name": "action_listen"}},
    {"user": {"intent": "klacht"}, "prev_action": {"action_name": "action_listen"}},
    {"user": {"intent": "groet"}, "prev_action": {"action_name": "action_greet"}},
    {"user": {"intent": "groet"}, "prev_action": {"action_name": "action_listen"}, "slots": {"boos": (1.0,)}},
    {"user": {"text": "ze pesten Sjoerdtje"}, "prev_action": {"action_name": "action_listen"}},
    {"user": {"text": "hoi"}, "prev_action": {"action_name": "action_listen"}},
]
RULES = {
    '[{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "groet"}}]': "action_greet",
    '[{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "klacht"}}]': "action_sorry",
    '[{"prev_action": {"action_name": "action_listen"}, "slots": {"boos": [1.0]}, "user": {"intent": "groet"}}]': "x",
    '[{"prev_action": {"action_name": "action_listen"}, "user": {"intent": "groet"}}, '
    '{"prev_action": {"action_name": "action_greet"}, "user": {"intent": "groet"}}]': "action_listen",
    '[{}, {"prev_action": {"action_name": "action_listen"}, "user": {"intent": "groet"}}]': "action_welcome",
    '[{"prev_action": {"action_name": "action_listen"}, "user": {"text": "hoi"}}]': "action_greet",
    '[{"prev_action": {"action_name": "action_listen"}}]': "action_any",
}


def by_rasa(policy: RulePolicy, lookup: Dict[Text, Text], states: List[Dict[Text, Any]]) -> List[Text]:
    """Search as Rasa 3.6 does: every rule against every state, the latest first."""
    found = list(lookup)
    for turn, state in enumerate(reversed(states)):
        found = [rule for rule in found if policy._is_rule_applicable(rule, turn, state)]
    return found


@pytest.fixture
def policy() -> RulePolicy:
    return RulePolicy(
        RulePolicy.get_default_config(), None, Resource("rules"), ExecutionContext(GraphSchema({})), lookup={}
    )


def test_connectors_put_it_in_place() -> None:
    assert RulePolicy._get_possible_keys is _possible_keys


def test_every_conversation_finds_the_same_rules_the_first_time_and_again(policy: RulePolicy) -> None:
    conversations = [[first, second, third] for first in STATES for second in STATES for third in STATES]
    conversations += [[first, second] for first in STATES for second in STATES] + [[state] for state in STATES] + [[]]
    expected = [set(by_rasa(policy, RULES, states)) for states in conversations]
    assert {len(rules) for rules in expected} > {0, 1, 2}
    for _ in range(2):
        assert [policy._get_possible_keys(RULES, states) for states in conversations] == expected


def test_what_a_parent_typed_is_not_remembered(policy: RulePolicy) -> None:
    policy._get_possible_keys(RULES, STATES)
    kept = str(vars(policy))
    assert "klacht" in kept and "Sjoerdtje" not in kept


def test_other_rules_of_the_same_policy_are_looked_up_apart(policy: RulePolicy) -> None:
    fewer = dict(list(RULES.items())[:1])
    assert policy._get_possible_keys(RULES, [STATES[1]]) > policy._get_possible_keys(fewer, [STATES[1]])
