"""Asks in the terminal what the assistant may learn; writes data/nlu/eigen.yml."""

from __future__ import annotations

import argparse
import logging
import re
import sys
import tarfile
import tempfile
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple, Union

import questionary
from questionary import Choice, Separator

from tools.run_rasa import leave_out_deprecations, leave_out_tensorflow

if TYPE_CHECKING:
    from components.message_model import MessageModel
    from content import Content
    from tools.insight.groups import Group
    from tools.learn.sentences import Example
    from tools.learn.texts import Texts

ROOT = Path(__file__).resolve().parent.parent.parent
OUT_OF_SCOPE = "buiten_bereik"
NEAREST = 3  # topics that are offered first
MOST_SENTENCES = 15  # of a group, the most typical; more of the same teach nothing
WIDTH = 100
OTHER, SKIP, DONE = "ander", "overslaan", "klaar"


class LearnError(RuntimeError):
    """There is nothing to learn, or no way to; the message says in Dutch why, and what to do."""


class Dialogue:
    """What is asked of a person. Ctrl-C raises KeyboardInterrupt."""

    def __init__(self, texts: Texts, content: Content) -> None:
        self._texts = texts
        self._content = content

    def choose_topic(self, nearest: Sequence[str]) -> Optional[str]:
        """Return the intent of a group; None to skip it. `nearest` are labels of topics.

        Raises:
            StopIteration: enough was chosen.
        """
        choices = self._texts.keuzes
        topics = [self._content.topics[label] for label in nearest]
        chosen = self._select(
            self._texts.onderwerp,
            [
                *(Choice(topic.vraag, topic.intent) for topic in topics),
                Choice(choices.ander, OTHER),
                Choice(choices.buiten_bereik, OUT_OF_SCOPE),
                Separator(),
                Choice(choices.overslaan, SKIP),
                Choice(choices.klaar, DONE),
            ],
        )
        if chosen == DONE:
            raise StopIteration
        if chosen == OTHER:
            chapters = [Choice(chapter.titel, number) for number, chapter in self._content.chapters.items()]
            number = self._select(self._texts.hoofdstuk, chapters)
            of_chapter = [topic for topic in self._content.topics.values() if topic.hoofdstuk == number]
            return self._select(self._texts.welk, [Choice(topic.vraag, topic.intent) for topic in of_chapter])
        return None if chosen == SKIP else chosen

    def choose_sentences(self, sentences: Sequence[str]) -> List[str]:
        """Return those of a group's sentences that may be learned: all but those whose numbers are typed."""

        def is_understood(typed: str) -> Union[bool, str]:
            numbers = re.split(r"[\s,]+", typed.strip(" ,")) if typed.strip(" ,") else []
            known = all(number.isdecimal() and 1 <= int(number) <= len(sentences) for number in numbers)
            return known or self._texts.geen_nummers.format(alle=len(sentences))

        typed = questionary.text(self._texts.zinnen, validate=is_understood).unsafe_ask()
        left_out = {int(number) for number in re.findall(r"\d+", typed)}
        return [sentence for number, sentence in enumerate(sentences, start=1) if number not in left_out]

    def insists(self) -> bool:
        """Tell whether sentences are to be added that make it worse."""
        choices = self._texts.keuzes
        return self._select(self._texts.minder, [Choice(choices.nee, False), Choice(choices.ja, True)])

    def _select(self, question: str, choices: Sequence[Choice]) -> object:
        return questionary.select(question, choices, instruction=self._texts.pijltjes).unsafe_ask()


def learn(endpoints: Path, data: Path, tests: Path, model_file: Path, folds: int) -> None:
    """Show the groups, ask, measure and add.

    `endpoints` is Rasa's file, `data` the folder of its NLU data, `tests` that of the sentences that understanding is
    measured on, and `model_file` the trained model.

    Raises:
        LearnError, InsightError: there is nothing to learn, or it cannot be read.
    """
    from components.message_model import normalize
    from components.sentence_encoder import SentenceEncoder
    from content import load_content
    from tools.evaluate import read_training_data
    from tools.insight.groups import Sentence, find_groups
    from tools.insight.source import open_questions
    from tools.learn import sentences as own
    from tools.learn.texts import load_texts

    texts, content = load_texts(), load_content()
    kept = open_questions(endpoints).words_between(0, sys.maxsize)
    training = read_training_data(data)
    encoder = SentenceEncoder(remembered=len(training[0]) + len(kept))
    usual = [text for text, intent in zip(*training[:2]) if intent == OUT_OF_SCOPE]
    said = [Sentence(row.text, row.sender) for row in kept]
    groups = find_groups(said, usual, encoder)
    known = {*map(normalize, training[0]), *own.measured_on(tests)}
    offered = [(group, own.may_be_learned([one.text for one in group.sentences], known)) for group in groups]
    offered = [(group, some[:MOST_SENTENCES]) for group, some in offered if some]
    if not offered:
        raise LearnError(texts.geen_groepen)
    print(textwrap.fill(texts.uitleg, WIDTH), end="\n\n")
    chosen = _choose(offered, Dialogue(texts, content), texts, read_model(model_file))
    new = chosen
    if chosen:
        print(textwrap.fill(texts.meten, WIDTH), flush=True)
        new = own.without_near_duplicates(chosen, training[0], encoder)
        if len(new) < len(chosen):
            print(texts.dubbel.format(aantal=len(chosen) - len(new)))
    if new and _measured(training, new, folds, encoder, Dialogue(texts, content), texts):
        path = own.add(new, data)
        print(texts.toegevoegd.format(bestand=path, aantal=len(new)))
    else:
        print(texts.niets)


def _choose(
    offered: Sequence[Tuple[Group, List[str]]], dialogue: Dialogue, texts: Texts, model: MessageModel
) -> List[Example]:
    chosen: List[Example] = []
    for number, (group, sentences) in enumerate(offered, start=1):
        print(texts.groep.format(nummer=number, alle=len(offered), ouders=group.parents))
        numbered = (f"{place:4}. {sentence}" for place, sentence in enumerate(sentences, start=1))
        print(*numbered, sep="\n", flush=True)
        try:
            intent = dialogue.choose_topic(nearest_topics(sentences, model))
        except StopIteration:
            break
        if intent:
            chosen += [(sentence, intent) for sentence in dialogue.choose_sentences(sentences)]
        print()
    return chosen


def _measured(
    training: Tuple[List[str], List[str], List[Tuple[str, str]]],
    new: Sequence[Example],
    folds: int,
    encoder: object,
    dialogue: Dialogue,
    texts: Texts,
) -> bool:
    """Print what the sentences change; tell whether they are to be added."""
    from tools.learn.measure import compare

    changes, count = compare(training, new, folds, encoder)
    print(texts.kop)
    for change in changes:
        print(f"  {texts.cijfers[change.name]:38} {100 * change.before:6.1f}% {100 * change.after:6.1f}%")
    print(texts.gemeten_op.format(aantal=count, delen="1" if folds == 1 else f"1 tot en met {folds}"), flush=True)
    return not any(change.is_worse for change in changes) or dialogue.insists()


def nearest_topics(sentences: Sequence[str], model: MessageModel) -> List[str]:
    """Return the labels of the topics that the model finds likeliest for these sentences, likeliest first."""
    from content.decision import is_topic
    from tools.evaluate import label_of

    likely = model.predict(sentences).mean(axis=0)
    ranked = [model.labels[number] for number in likely.argsort()[::-1]]
    return [label_of(intent) for intent in ranked if is_topic(intent)][:NEAREST]


def read_model(path: Path) -> MessageModel:
    """Return what `TopicClassifier` keeps in the trained model.

    Raises:
        LearnError: there is no model, or it was made by other code.
    """
    from components.message_model import MessageModel

    try:
        with tarfile.open(path) as archive, tempfile.TemporaryDirectory() as folder:
            for member in archive.getmembers():
                if Path(member.name).name in ("message_model.json", "message_model.npz"):
                    member.name = Path(member.name).name
                    archive.extract(member, folder)
            return MessageModel.load(Path(folder))
    except (OSError, KeyError, tarfile.TarError) as error:
        raise LearnError(f"Het model {path} is niet te lezen. Maak het opnieuw: make train") from error


def main(arguments: Optional[List[str]] = None) -> int:
    """Ask, measure and add; return the exit status."""
    from content import ContentError
    from tools.learn.texts import load_texts

    parser = argparse.ArgumentParser(description="Laat Ouderwijzer leren van wat het niet begreep.")
    parser.add_argument("--full", action="store_true", help="meet op alle vijf delen; dat duurt langer")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml", help="het bestand endpoints.yml")
    parser.add_argument("--data", type=Path, default=ROOT / "data/nlu", help="de map met voorbeeldzinnen")
    chosen = parser.parse_args(arguments)
    try:
        texts = load_texts()
    except ContentError as error:
        print(error, file=sys.stderr)
        return 1
    if not sys.stdin.isatty():
        print(texts.terminal, file=sys.stderr)
        return 1
    leave_out_tensorflow()
    leave_out_deprecations()
    logging.disable(logging.WARNING)
    from tools.evaluate import FOLDS
    from tools.insight.source import InsightError

    warnings.filterwarnings("ignore", category=DeprecationWarning)  # sanic has them shown
    model = ROOT / "models/ouderwijzer.tar.gz"
    try:
        learn(chosen.endpoints.resolve(), chosen.data, ROOT / "tests/nlu", model, FOLDS if chosen.full else 1)
    except (LearnError, InsightError, ContentError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\n{texts.niets}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
