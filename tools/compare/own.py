"""Our own data: what is learned and asked of them, and docs/understanding, which says what came of it."""

from __future__ import annotations

from importlib.metadata import version
from typing import Dict, Iterable, List, Sequence, Tuple

from ruamel.yaml import YAML

from channels.conversation import clean
from components.message_model import is_held_out
from content import ContentError, load_content
from tools import evaluate
from tools.compare import assistant
from tools.compare.bench import OURS, SYSTEMS, TRAINING_THREADS, Bench, say
from tools.compare.plots import plot_comparison, plot_reliability
from tools.compare.sentences import InputError, Sentence, Task
from tools.compare.tables import Result, Share, measure_set, systems_table
from tools.evaluate import TOPIC, Question, label_of
from tools.train import ROOT

DOCS = ROOT / "docs/understanding"
QUESTIONS = ROOT / "tests/nlu"
YARDSTICKS = {"gewoon": "yardsticks, plain", "lastig": "yardsticks, hard"}  # files of questions, and their titles
HELD_OUT, HELD_OUT_TOPICS = "held-out, every intent", "held-out, topics"
CROSS_VALIDATION = "cross-validation"
# Of one label, for all systems alike: with all sentences Rasa's own pipelines learn for hours on two cores.
PER_LABEL = 10


def compare_own(systems: Sequence[str]) -> str:
    """Compare the systems on our own data and return the tables; with all systems, write docs/understanding/ too.

    Raises:
        InputError: a file of questions, or the content that names its topics, is wrong.
        WorkerError: a training or a prediction failed.
    """
    texts, intents, phrases = evaluate.read_training_data()
    questions = read_question_files({label_of(intent) for intent in intents})
    task, sets = own_task(texts, intents, questions)
    truth = [sentence.label for sentence in task.test]
    asked: Dict[str, assistant.Asked] = {}
    with Bench(systems) as bench:
        # Our own assistant first: should anything be wrong with it, an hour of training the others would be lost.
        if OURS in systems:
            asked = {
                **assistant.ask_shipped(bench, questions),
                CROSS_VALIDATION: assistant.cross_validate(bench, texts, intents, phrases),
            }
            topics = Task(task.train, tuple(task.test[number] for number in sets[HELD_OUT_TOPICS]), is_own=True)
            features = assistant.try_features(bench, topics)
        answers = bench.ask_all([task])
    results = [measure_set(title, answers, truth, numbers) for title, numbers in sets.items()]
    text = describe_systems(results)
    if asked:
        text += "\n\n" + describe_assistant(asked, features)
    if set(systems) != set(SYSTEMS):
        say(f"{DOCS.relative_to(ROOT)}/ is left as it is: that takes all systems.")
        return text
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "figures.md").write_text(text + "\n", encoding="utf8")
    plot_comparison(results, DOCS / "comparison.png")
    yardsticks = [name for name in YARDSTICKS if name in asked]
    curves = [[CROSS_VALIDATION], yardsticks] if yardsticks else [[CROSS_VALIDATION]]
    plot_reliability(
        {" and ".join(names): assistant.said_and_right([asked[name] for name in names]) for names in curves},
        DOCS / "reliability.png",
    )
    return text


def read_question_files(labels: Iterable[str]) -> Dict[str, List[Question]]:
    """Return the questions of every file in tests/nlu, by its name; besides topics they may have these labels.

    Raises:
        InputError: a file, or the content that names its topics, is wrong.
    """
    try:
        known = {*load_content().topics, *labels}
        return {path.stem: evaluate.read_questions(path, known) for path in sorted(QUESTIONS.glob("*.tsv"))}
    except (ContentError, evaluate.InputError) as error:
        raise InputError(f"{error}\nMend that; make validate checks the content.") from error


def own_task(
    texts: Sequence[str], intents: Sequence[str], questions: Dict[str, List[Question]]
) -> Tuple[Task, Dict[str, List[int]]]:
    """Return the task to learn the sentences that are not held out, and to answer the others and the yardsticks.

    With it come the sets to measure apart: by title, the numbers of their test sentences.
    """
    sentences = [Sentence(text, label_of(intent)) for text, intent in zip(texts, intents)]
    asked = [sentence for sentence in sentences if is_held_out(sentence.text)]
    sets = {
        HELD_OUT: list(range(len(asked))),
        HELD_OUT_TOPICS: [n for n, each in enumerate(asked) if Question(each.text, (each.label,)).kind == TOPIC],
    }
    for name, title in YARDSTICKS.items():
        about_topics = [q for q in questions.get(name, ()) if q.kind == TOPIC and len(q.labels) == 1]
        if about_topics:
            sets[title] = list(range(len(asked), len(asked) + len(about_topics)))
            asked += [Sentence(clean(question.text), question.labels[0]) for question in about_topics]
    learned = at_most([sentence for sentence in sentences if not is_held_out(sentence.text)], PER_LABEL)
    return Task(tuple(learned), tuple(asked), read_patterns(), is_own=True), sets


def at_most(sentences: Sequence[Sentence], count: int) -> List[Sentence]:
    """Return at most `count` sentences of each label, spread evenly over those that it has."""
    by_label: Dict[str, List[Sentence]] = {}
    for sentence in sentences:
        by_label.setdefault(sentence.label, []).append(sentence)
    return [
        own[number * len(own) // min(count, len(own))]
        for own in by_label.values()
        for number in range(min(count, len(own)))
    ]


def read_patterns() -> Tuple[Tuple[str, str], ...]:
    """Return the regular expressions of data/nlu as (name, pattern)."""
    blocks = [
        block for path in sorted((ROOT / "data/nlu").glob("*.yml")) for block in YAML(typ="safe").load(path)["nlu"]
    ]
    return tuple(
        (block["regex"], line.strip()[2:])
        for block in blocks
        if "regex" in block
        for line in block["examples"].splitlines()
        if line.strip()
    )


def describe_systems(results: Sequence[Result]) -> str:
    """Return the part of docs/understanding/figures.md on all systems; only figures change in it between two runs."""
    return "\n\n".join(
        [
            "# Understanding, in figures\n"
            f"Written by `make compare`, with Rasa {version('rasa')} and scikit-learn {version('scikit-learn')}. "
            "Behind a share stands its 95 % confidence interval (Wilson).",
            "## Beside Rasa's pipelines and scikit-learn\n"
            f"Every system learned the same sentences of `data/nlu`, at most {PER_LABEL} of an intent and none that is "
            "held out, and was asked the same, in one run on one machine: the held-out sentences, on which the "
            "sentence encoder was not tuned either (`components.message_model.is_held_out`), and the questions with "
            "one topic in `tests/nlu/gewoon.tsv` (plain) and `tests/nlu/lastig.tsv` (hard).\n\n"
            "Accuracy is the share of the sentences whose first label is right, whether or not the assistant asks "
            "back. Macro-F1 goes over the labels of the set. p50 and p95 are of the time to parse one message, on one "
            "thread, by the assistant as its server does it (`channels/graph_run.py`); training ran on "
            f"{TRAINING_THREADS} threads; memory is that of the process after loading and parsing. Rasa's "
            "pipelines stand in `tools/compare/pipelines/`. What the assistant does that learned all "
            "sentences stands further down.",
            "![Accuracy by system and set](comparison.png)",
            *(f"### {found.title}\n{systems_table(found)}" for found in results),
        ]
    )


def describe_assistant(asked: Dict[str, assistant.Asked], features: Dict[str, Share]) -> str:
    """Return the part of docs/understanding/figures.md on our assistant alone."""
    return "\n\n".join(
        [
            "## What the assistant does\n"
            f"The cross-validation is that of `make evaluate`: in {evaluate.FOLDS} folds over the held-out sentences, "
            "each learning from all other sentences of `data/nlu`. The other sets are the files of `tests/nlu/`, asked "
            "of the model that `make train` makes.",
            assistant.figures_table(asked),
            "## Topics taken for another\n"
            f"The {assistant.CONFUSIONS} most frequent confusions in the cross-validation.\n\n"
            + assistant.confusions_table(asked[CROSS_VALIDATION]),
            "## What the features are worth\n"
            "Our topic classifier alone, without the safety rules around it, learned the sentences of the comparison "
            f"above and was asked the held-out ones about a topic.\n\n{assistant.features_table(features)}",
            "## Whether its probabilities are honest\n"
            "What the assistant says against how often it is right, in ten bands, of the questions about one topic; on "
            "the diagonal the two agree.\n\n"
            "![Probability said against share right](reliability.png)",
        ]
    )
