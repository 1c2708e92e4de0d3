"""Finds the rules that fit a conversation without trying each of them anew.

Rasa tries every rule against every state of the conversation, two or three times a message. Which rules fit a state
depends on nothing else, and states come back: so it is remembered (`make bench`). What a parent typed is left out
first: no rule asks for it, unless one has such words itself, and they would outlive the conversation.
"""

from __future__ import annotations

import json
from typing import Dict, FrozenSet, List, Set, Text, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import TEXT

_REMEMBERED = "_fitting_rules"  # attribute of a policy: for a state and its place in a conversation, the rules that fit
_WORDS = f'"{TEXT}"'  # in a rule that asks for what was typed
_MOST = 1_000  # states, each with all that fit: some megabytes


def remember_which_rules_fit() -> None:
    """Have Rasa, in this process, look up rules as `_possible_keys` does; what is found stays the same."""
    RulePolicy._get_possible_keys = _possible_keys


def _possible_keys(policy: RulePolicy, lookup: Dict[Text, Text], states: List[State]) -> Set[Text]:
    """Return the keys of the rules in `lookup` that fit all states."""
    remembered: Dict[Tuple[int, int, Text], FrozenSet[Text]] = vars(policy).setdefault(_REMEMBERED, {})
    possible = set(lookup)
    for turn, state in enumerate(reversed(states)):
        words: Set[Text] = set()
        if TEXT in state.get(USER, {}):
            words = {rule for rule in possible if _WORDS in rule and policy._is_rule_applicable(rule, turn, state)}
            state = {**state, USER: {**state[USER], TEXT: ""}}
        key = (id(lookup), turn, json.dumps(state, sort_keys=True))
        if key not in remembered:
            if len(remembered) >= _MOST:
                remembered.clear()
            remembered[key] = frozenset(rule for rule in lookup if policy._is_rule_applicable(rule, turn, state))
        possible = possible & remembered[key] | words
    return possible
