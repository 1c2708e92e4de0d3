"""Finds the rules that fit a conversation without trying each of them anew.

Rasa tries every rule against every state of the conversation, two or three times a message. Which rules fit a state
depends on nothing else, and states come back: so it is remembered (`make bench`). A state with what a parent typed is
not: it would hardly come back, and the words would outlive the conversation.
"""

from __future__ import annotations

import json
from typing import Dict, FrozenSet, List, Set, Text, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import USER
from rasa.shared.core.domain import State
from rasa.shared.nlu.constants import TEXT

_REMEMBERED = "_fitting_rules"  # attribute of a policy: for a state and its place in a conversation, the rules that fit
_MOST = 1_000  # states, each with all that fit: some megabytes


def remember_which_rules_fit() -> None:
    """Have Rasa, in this process, look up rules as `_possible_keys` does; what is found stays the same."""
    RulePolicy._get_possible_keys = _possible_keys


def _possible_keys(policy: RulePolicy, lookup: Dict[Text, Text], states: List[State]) -> Set[Text]:
    """Return the keys of the rules in `lookup` that fit all states."""
    remembered: Dict[Tuple[int, int, Text], FrozenSet[Text]] = vars(policy).setdefault(_REMEMBERED, {})
    possible = set(lookup)
    for turn, state in enumerate(reversed(states)):
        if TEXT in state.get(USER, {}):
            possible = {rule for rule in possible if policy._is_rule_applicable(rule, turn, state)}
            continue
        key = (id(lookup), turn, json.dumps(state, sort_keys=True))
        if key not in remembered:
            if len(remembered) >= _MOST:
                remembered.clear()
            remembered[key] = frozenset(rule for rule in lookup if policy._is_rule_applicable(rule, turn, state))
        possible &= remembered[key]
    return possible
