"""What is kept is shown, and erased on demand."""

from __future__ import annotations

from actions import ActionErase, ActionShowData, ActionTips
from actions.privacy import SHOWN
from content import Content
from tests.actions.conftest import Dialogue
from tests.parent import check_contract


def test_what_is_kept_is_shown_as_it_is_stored(dialogue: Dialogue, content: Content) -> None:
    dialogue.run(
        ActionTips(),
        "samen_verantwoordelijk.pesten",
        text="[naam] wordt gepest",
        entities={"schooltype": "basisonderwijs"},
    )
    answer = dialogue.run(ActionShowData(), "gegevens", text="welke gegevens heb je van mij")
    check_contract(answer, content)
    assert "‘[naam] wordt gepest’" in answer["kern"]
    assert "2 berichten" in answer["kern"]
    assert "eerdere gesprekken" in answer["kern"]
    assert "de basisschool" in answer["kern"]
    assert "welke gegevens" not in answer["kern"], "that one is not stored yet"


def test_a_long_conversation_shows_its_last_messages(dialogue: Dialogue) -> None:
    for number in range(SHOWN + 3):
        dialogue.run(ActionTips(), "samen_verantwoordelijk.pesten", text=f"bericht {number}")
    answer = dialogue.run(ActionShowData(), "gegevens")
    assert "‘bericht 7’" in answer["kern"]
    assert "‘bericht 2’" not in answer["kern"]


def test_erasing_says_so_and_tells_the_store(dialogue: Dialogue, content: Content) -> None:
    answer = dialogue.run(ActionErase(), "wissen")
    assert answer["kern"] in content.conversation.gewist.teksten
    assert dialogue.slots["wissen"] is True
