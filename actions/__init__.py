"""Custom actions: thin. They pick content and hand over one answer. The action server loads them all from here."""

from actions.choose import ActionChoose
from actions.clarify import ActionClarify, ActionConfirm, ActionOutOfScope, ActionReject
from actions.conversation import (
    ActionAbuse,
    ActionContact,
    ActionContents,
    ActionConverse,
    ActionOtherLanguage,
    ActionPupil,
    ActionSchoolType,
)
from actions.feedback import ActionHelped, ActionNotHelped
from actions.follow_up import (
    ActionEasier,
    ActionExample,
    ActionOtherSchoolType,
    ActionTried,
    ActionUnwilling,
    ActionWebsite,
    ActionWhy,
)
from actions.privacy import ActionErase, ActionShowData
from actions.safety import ActionSafety
from actions.tips import ActionMoreTips, ActionSource, ActionTips
from storage.logs import keep_words_out_of_logs

keep_words_out_of_logs()

__all__ = [
    "ActionAbuse",
    "ActionChoose",
    "ActionClarify",
    "ActionConfirm",
    "ActionContact",
    "ActionContents",
    "ActionConverse",
    "ActionEasier",
    "ActionErase",
    "ActionExample",
    "ActionHelped",
    "ActionMoreTips",
    "ActionNotHelped",
    "ActionOtherLanguage",
    "ActionOtherSchoolType",
    "ActionOutOfScope",
    "ActionPupil",
    "ActionReject",
    "ActionSafety",
    "ActionSchoolType",
    "ActionShowData",
    "ActionSource",
    "ActionTips",
    "ActionTried",
    "ActionUnwilling",
    "ActionWebsite",
    "ActionWhy",
]
