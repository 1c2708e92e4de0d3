"""Reads tests/conversations/*.yml.

A file is a list of conversations. Each has a `naam` and, under `gesprek`, the parent's turns in their order:

    - naam: Meldingen uitzetten
      gesprek:
        - ouder: Kan ik de meldingen van cijfers beter uitzetten?
          soort: tips
          onderwerp: je_kind_volgen/pushmeldingen
          tips: 3
        - kies: Waar staat dat?
          soort: gesprek
          bevat: [Je kind volgen]

A turn is one of `ouder` (typed text), `knop` (a button's payload) and `kies` (a choice of the last answer, by its
number or its words, as in the terminal). The other keys say what the answer must be; `Turn` names them all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Literal, Optional, Union

from pydantic import BaseModel, Extra, StrictInt, StrictStr, ValidationError, root_validator, validator

from content import Content
from content.loader import read_yaml
from content.schema import SCHOOL_FIELDS, check_fields

FOLDER = Path(__file__).parent / "conversations"
# Conversations that ought to go well and do not yet; each moves to another file as soon as it does.
NOT_YET = "nog_niet"

_OF_TIPS = ("onderwerp", "tips", "nog_meer", "eerst")


class ConversationFileError(ValueError):
    """A file of conversations breaks a rule; the message names file, conversation and turn."""


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False
        min_anystr_length = 1


class Turn(_Strict):
    """What the parent does and what the answer must be."""

    ouder: Optional[StrictStr] = None
    knop: Optional[StrictStr] = None
    kies: Optional[Union[StrictInt, StrictStr]] = None

    soort: Literal["tips", "keuze", "buiten_bereik", "veiligheid", "gesprek", "fout"]
    # For `soort: tips` only: the topic (always), how many tips, how many more there are.
    onderwerp: Optional[StrictStr] = None
    tips: Optional[StrictInt] = None
    nog_meer: Optional[StrictInt] = None
    # The topic of the first of two answers, to a message with two questions; the other keys are about the last one.
    eerst: Optional[StrictStr] = None
    # Words that do or do not stand in the text; {school}, {telefoon} and so on are what content/school.yml says.
    bevat: List[StrictStr] = []
    bevat_niet: List[StrictStr] = []
    # Labels of topics that are among the choices.
    keuzes_bevatten: List[StrictStr] = []

    @validator("bevat", "bevat_niet", each_item=True)
    def _known_fields(cls, text: str) -> str:
        return check_fields(text, SCHOOL_FIELDS)

    @root_validator(skip_on_failure=True)
    def _makes_sense(cls, values: Dict[str, Any]) -> Dict[str, Any]:
        if sum(values[key] is not None for key in ("ouder", "knop", "kies")) != 1:
            raise ValueError("a turn has exactly one of `ouder`, `knop` and `kies`")
        is_tips = values["soort"] == "tips"
        if is_tips and values["onderwerp"] is None:
            raise ValueError("`soort: tips` needs `onderwerp`")
        if not is_tips and any(values[key] is not None for key in _OF_TIPS):
            raise ValueError(f"{', '.join(_OF_TIPS)} are for `soort: tips` only")
        return values


class Conversation(_Strict):
    """A whole conversation."""

    naam: StrictStr
    gesprek: List[Turn]

    @validator("gesprek")
    def _not_empty(cls, turns: List[Turn]) -> List[Turn]:
        if not turns:
            raise ValueError("a conversation has at least one turn")
        return turns


def read_conversations(path: Path, content: Content) -> List[Conversation]:
    """Return the conversations of one file.

    Raises:
        ConversationFileError: the file breaks a rule; unknown keys, topics and payloads are among them.
        ContentError: the file is missing or is no YAML, or a key stands twice in it.
    """
    entries = read_yaml(path)
    if not isinstance(entries, list):
        raise ConversationFileError(
            f"{path.name}: this must be a list of conversations, each with `naam` and `gesprek`"
        )
    conversations: List[Conversation] = []
    for number, entry in enumerate(entries, start=1):
        name = entry.get("naam", f"number {number}") if isinstance(entry, dict) else f"number {number}"
        where = f"{path.name}, conversation {name!r}"
        try:
            conversation = Conversation.parse_obj(entry)
        except ValidationError as error:
            raise ConversationFileError("\n".join(f"{where}{_place(problem)}" for problem in error.errors())) from error
        if conversation.naam in {other.naam for other in conversations}:
            raise ConversationFileError(f"{where}: another conversation in this file has that name")
        _check_references(conversation, where, content)
        conversations.append(conversation)
    return conversations


def _place(problem: Dict[str, Any]) -> str:
    """Return where in a conversation a problem is, and what it is."""
    steps = [step for step in problem["loc"] if step not in ("__root__", "gesprek")]
    named = [
        f"turn {step + 1}" if index == 0 and isinstance(step, int) else str(step) for index, step in enumerate(steps)
    ]
    return f"{''.join(f', {step}' for step in named)}: {problem['msg']}"


def _check_references(conversation: Conversation, where: str, content: Content) -> None:
    for number, turn in enumerate(conversation.gesprek, start=1):
        for label in filter(None, [turn.onderwerp, turn.eerst, *turn.keuzes_bevatten]):
            if label not in content.topics:
                raise ConversationFileError(f"{where}, turn {number}: {label!r} is no topic of content/onderwerpen.yml")
        if turn.knop is not None and turn.knop not in content.payloads:
            raise ConversationFileError(f"{where}, turn {number}: no button has the payload {turn.knop!r}")
