"""Other sets than ours: TSV files with any labels, and the comparison of the systems on them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import List, Sequence, Tuple

from channels.conversation import clean
from tools.compare.bench import LOGS, Bench
from tools.compare.sentences import InputError, Sentence, Task
from tools.compare.tables import measure_set, systems_table


def compare_files(train: str, test: str, systems: Sequence[str], logs: Path = LOGS) -> str:
    """Compare the systems on the files of TRAIN and TEST and return the tables, one for each set.

    Raises:
        InputError: the files cannot be compared.
        WorkerError: a training or a prediction failed.
    """
    named = read_files(train, test)
    names = [name for titles, _ in named for name in titles]
    truth = [sentence.label for _, task in named for sentence in task.test]
    with Bench(systems, logs) as bench:
        answers = bench.ask_all([task for _, task in named])
    results = [
        measure_set(title, answers, truth, [number for number, name in enumerate(names) if name == title])
        for title in dict.fromkeys(names)
    ]
    return "\n\n".join(f"{found.title}\n\n{systems_table(found)}" for found in results)


def read_files(train: str, test: str) -> List[Tuple[Tuple[str, ...], Task]]:
    """Return the tasks of TRAIN and TEST, each with the names of the set of every test sentence.

    One training file goes with any number of test files, each a set; several go with as many test files, one set.

    Raises:
        InputError: one of both is missing, their numbers do not agree, a file is wrong, or there is nothing to tell
            apart.
    """
    trains, tests = ([Path(name) for name in re.split(r"[,\s]+", names) if name] for names in (train, test))
    if not trains or not tests:
        given, missing = ("TRAIN", "TEST") if trains else ("TEST", "TRAIN")
        raise InputError(f"{given} without {missing}. Give both: make compare TRAIN=a.tsv TEST=b.tsv")
    if len(trains) not in (1, len(tests)):
        raise InputError(
            f"{len(trains)} files to train on, but {len(tests)} to test on. Give as many of both, for folds, "
            "or one to train on."
        )
    learned = {path: tuple(read_sentences(path)) for path in trains}
    for path, sentences in learned.items():
        if len({sentence.label for sentence in sentences}) < 2:
            raise InputError(f"{path}: has one label only, so there is nothing to tell apart. Give it a second one.")
    if len(trains) == 1:
        asked = [(str(path), sentence) for path in tests for sentence in read_sentences(path)]
        names, sentences = zip(*asked)
        return [(names, Task(learned[trains[0]], sentences))]
    title = f"{len(trains)} folds, pooled"
    tasks = [Task(learned[path], tuple(read_sentences(other))) for path, other in zip(trains, tests)]
    return [((title,) * len(task.test), task) for task in tasks]


def read_sentences(path: Path) -> List[Sentence]:
    """Read a TSV file with the columns label and text; any label will do, and quotes stand for themselves.

    Texts are cleaned as in a running assistant: Rasa would take a leading slash for an intent.

    Raises:
        InputError: the file cannot be read, a column is missing, or a line has no label or no text.
    """
    sentences = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if not {"label", "text"} <= set(rows.fieldnames or ()):
                raise InputError(f"{path}: needs a first line with the columns label and text, separated by a tab.")
            for row in rows:
                label, text = (row["label"] or "").strip(), clean(row["text"] or "")
                if not label or not text:
                    raise InputError(f"{path}, line {rows.line_num}: label or text is missing. Fill it in.")
                sentences.append(Sentence(text, label))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}). Give the path of a TSV file in UTF-8.") from error
    if not sentences:
        raise InputError(f"{path}: has no sentences under its first line. Give it some.")
    return sentences
