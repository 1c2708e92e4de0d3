"""Custom actions: thin. They pick content and hand over one answer. The action server loads them all from here."""

from actions.clarify import ActionClarify, ActionConfirm, ActionOutOfScope, ActionReject
from actions.conversation import ActionContents, ActionConverse, ActionSchoolType
from actions.safety import ActionSafety
from actions.tips import ActionMoreTips, ActionSource, ActionTips

__all__ = [
    "ActionClarify",
    "ActionConfirm",
    "ActionContents",
    "ActionConverse",
    "ActionMoreTips",
    "ActionOutOfScope",
    "ActionReject",
    "ActionSafety",
    "ActionSchoolType",
    "ActionSource",
    "ActionTips",
]
