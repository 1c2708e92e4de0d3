"""Trains the systems and asks them, each in processes of its own: memory and threads are those of one system."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from ruamel.yaml import YAML

from tools.compare.sentences import InputError, Task
from tools.compare.systems import Parse
from tools.spacy_model import installed_pipelines
from tools.train import ROOT

OURS = "ouderwijzer"
SYSTEMS = {
    OURS: "Ouderwijzer",
    "rasa_init": "Rasa, default pipeline",
    "rasa_spacy": "Rasa with SpacyNLP",
    "tfidf": "scikit-learn, TF-IDF with logistic regression",
}
PIPELINES = {
    OURS: ROOT / "config.yml",
    "rasa_init": ROOT / "tools/compare/pipelines/rasa_init.yml",
    "rasa_spacy": ROOT / "tools/compare/pipelines/rasa_spacy.yml",
}
LOGS = ROOT / "logs"
WARM_UP = 20  # messages parsed before the clock runs
TRAINING_THREADS = 2
TAIL = 15  # lines of a worker's log that are shown when it fails

_COLOUR = re.compile(r"\x1b\[[\d;]*m")


class WorkerError(RuntimeError):
    """A training or a prediction failed; the message ends with the last lines of its log."""


@dataclass(frozen=True)
class Answers:
    """What one system made of n test sentences, and what that took."""

    labels: Tuple[str, ...]  # empty where the system found none
    milliseconds: Tuple[float, ...]
    training_seconds: float
    memory: float  # MB

    def take(self, numbers: Sequence[int]) -> Answers:
        """Return the answers to the sentences with these numbers."""
        return Answers(
            tuple(self.labels[number] for number in numbers),
            tuple(self.milliseconds[number] for number in numbers),
            self.training_seconds,
            self.memory,
        )


class Bench:
    """The systems, ready to learn and to answer; a context manager that cleans up behind itself."""

    def __init__(self, systems: Sequence[str], logs: Path = LOGS) -> None:
        """Take the short names of the systems; what they print goes to logs/compare-<system>.log."""
        self._logs = logs
        self._scratch = tempfile.TemporaryDirectory(prefix="ouderwijzer-compare-")
        self._titles = {system: SYSTEMS[system] for system in systems}
        self._spacy_model = ""

    def __enter__(self) -> Bench:
        """Begin the logs anew, and choose a Dutch spaCy pipeline for the system that needs one."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for system in self._titles:
            self._log(system).write_text("", encoding="utf8")
        if "rasa_spacy" in self._titles:
            self._choose_spacy_model()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the trained models."""
        self._scratch.cleanup()

    def ask_all(self, tasks: Sequence[Task]) -> Dict[str, Answers]:
        """Have every system learn and answer the tasks; the answers of several are pooled, in the order of the tasks.

        Returns them by the name that a table gives the system.

        Raises:
            WorkerError: a training or a prediction failed.
        """
        for task in tasks:
            if task.unknown:
                count = sum(sentence.label in task.unknown for sentence in task.test)
                say(
                    f"{count} test sentences count as wrong whatever is answered: no training sentence has their "
                    f"label ({', '.join(task.unknown)})."
                )
        return {title: _pooled([self._ask(system, task) for task in tasks]) for system, title in self._titles.items()}

    def work(self, system: str, step: str, job: Dict[str, Any], threads: int = TRAINING_THREADS) -> Dict[str, Any]:
        """Do a step of tools.compare.systems in a process of its own and return its result.

        Raises:
            WorkerError: it ended with another status than 0.
        """
        with tempfile.TemporaryDirectory(dir=self._scratch.name) as folder:
            path, result = Path(folder, "job.json"), Path(folder, "result.json")
            path.write_text(json.dumps({**job, "step": step, "result": str(result)}), encoding="utf8")
            with self._log(system).open("a", encoding="utf8") as log:
                log.write(f"== {step}\n")
                log.flush()
                status = subprocess.run(
                    [sys.executable, "-m", "tools.compare", "worker", str(path)],
                    cwd=ROOT,
                    env={**os.environ, **_environment(threads, folder)},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                ).returncode
            if status != 0:
                raise WorkerError(f"{step} of {system} ended with status {status}.\n{_tail(self._log(system))}")
            return json.loads(result.read_text(encoding="utf8"))

    def _ask(self, system: str, task: Task) -> Answers:
        kind = "tfidf" if system == "tfidf" else "rasa"
        texts = [sentence.text for sentence in task.train]
        with tempfile.TemporaryDirectory(dir=self._scratch.name) as folder:
            learn = {"folder": folder, "texts": texts, "intents": [task.intents[s.label] for s in task.train]}
            if kind == "rasa":
                learn.update(config=self._configuration(system, task), patterns=task.patterns)
            say(f"training {self._titles[system]}, on {len(task.train)} sentences ...")
            seconds = self.work(system, f"train_{kind}", learn)["seconds"]
            say(f"asking {self._titles[system]} {len(task.test)} sentences ...")
            # It warms up with other sentences than it is asked: what a system remembers of a text must not help it.
            warm_up = list(islice(cycle(texts[:: max(1, len(texts) // WARM_UP)]), WARM_UP))
            ask = {"folder": folder, "warm_up": warm_up, "asked": [sentence.text for sentence in task.test]}
            ask["is_ours"] = system == OURS
            found = self.work(system, f"parse_{kind}", ask, threads=1)
        read = _reader(system, task)
        labels = tuple(read(parse) for parse in found["parses"])
        return Answers(labels, tuple(found["milliseconds"]), seconds, found["memory"])

    def _configuration(self, system: str, task: Task) -> Dict[str, Any]:
        """Return Rasa's configuration of this system: its pipeline, with what hangs on the task or the machine."""
        configuration = YAML(typ="safe").load(PIPELINES[system])
        configuration.pop("policies", None)
        for step in configuration["pipeline"]:
            if step["name"] == "SpacyNLP":
                step["model"] = self._spacy_model
            # Our entities are found by the patterns of data/nlu; other sets have neither.
            if "entities" in step and not task.is_own:
                step["entities"] = []
        return configuration

    def _choose_spacy_model(self) -> None:
        """Take the Dutch spaCy pipeline that is installed, else a blank one, and name it in the table."""
        installed = installed_pipelines()
        if installed:
            self._spacy_model = installed[0]
        else:
            self._spacy_model = str(Path(self._scratch.name, "blank_nl"))
            self.work("rasa_spacy", "save_blank_spacy", {"folder": self._spacy_model})
        self._titles["rasa_spacy"] += f" ({installed[0] if installed else 'blank nl'})"

    def _log(self, system: str) -> Path:
        return self._logs / f"compare-{system}.log"


def choose(names: str) -> List[str]:
    """Return the short names of the systems in `names`, in the order of `SYSTEMS`; all of them where it is empty.

    Raises:
        InputError: there is no such system.
    """
    wanted = set(re.split(r"[,\s]+", names.strip())) if names.strip() else set(SYSTEMS)
    unknown = wanted - set(SYSTEMS)
    if unknown:
        raise InputError(f"SYSTEMS: there is no {', '.join(sorted(unknown))}. Choose from {', '.join(SYSTEMS)}.")
    return [system for system in SYSTEMS if system in wanted]


def say(message: str) -> None:
    """Tell how far the comparison is."""
    print(message, file=sys.stderr, flush=True)


def _pooled(parts: Sequence[Answers]) -> Answers:
    """Return all answers as one; the training time is their mean, the memory the highest."""
    return Answers(
        tuple(label for part in parts for label in part.labels),
        tuple(time for part in parts for time in part.milliseconds),
        sum(part.training_seconds for part in parts) / len(parts),
        max(part.memory for part in parts),
    )


def _reader(system: str, task: Task) -> Callable[[Parse], str]:
    """Return what reads the label from a parse of this system."""
    if task.is_own and system == OURS:
        from tools.evaluate import outcome_of  # heavy: it imports Rasa, which other tasks do not need here

        return lambda parse: outcome_of(parse).first
    labels = {intent: label for label, intent in task.intents.items()}
    # In Rasa's ranking stands nlu_fallback, too, which is no label.
    return lambda parse: next((labels[e["name"]] for e in parse["intent_ranking"] if e["name"] in labels), "")


def _environment(threads: int, folder: str) -> Dict[str, str]:
    """Return what a worker's environment adds to ours."""
    libraries = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
    return {
        **{f"{library}_NUM_THREADS": str(threads) for library in libraries},
        # By the first two TensorFlow is told, by the others Rasa, which tells TensorFlow.
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "TF_INTRA_OP_PARALLELISM_THREADS": str(threads),
        "TF_INTER_OP_PARALLELISM_THREADS": str(threads),
        "RASA_TELEMETRY_ENABLED": "false",
        # What Rasa remembers of another training would make this one look quick.
        "RASA_CACHE_DIRECTORY": folder,
        "RASA_MAX_CACHE_SIZE": "0",
        "PYTHONIOENCODING": "utf8",
    }


def _tail(log: Path) -> str:
    lines = _COLOUR.sub("", log.read_text(encoding="utf8", errors="replace")).splitlines()
    lines = [line for line in lines if line.strip()]
    return "\n".join([f"The last lines of {log}:", *(f"  {line}" for line in lines[-TAIL:])])
