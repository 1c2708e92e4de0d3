"""What a worker does: how each system is trained and asked, and what our assistant alone is measured by.

A step takes its job and returns its result, both as JSON holds them. What it needs is imported where it is needed:
a module at the top would count in every system's memory.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Callable, Dict, Sequence, Tuple

Parse = Dict[str, Any]


def train_rasa(job: Dict[str, Any]) -> Dict[str, Any]:
    """Train Rasa's NLU by `config` on `texts`, `intents` and `patterns`; the model goes into `folder`.

    Raises:
        RuntimeError: Rasa trained nothing.
    """
    from importlib import import_module

    from rasa.engine.recipes import default_components  # noqa: F401 (imported now, so that it is not timed)
    from rasa.model_training import train_nlu
    from rasa.utils.tensorflow.environment import setup_tf_environment
    from ruamel.yaml import YAML

    setup_tf_environment()
    for step in job["config"]["pipeline"]:
        if "." in step["name"]:
            import_module(step["name"].rsplit(".", 1)[0])
    config, data = Path(job["folder"], "config.yml"), Path(job["folder"], "nlu.json")
    YAML(typ="safe").dump(job["config"], config)
    data.write_text(json.dumps(rasa_data(job["texts"], job["intents"], job["patterns"])), encoding="utf8")
    start = time.perf_counter()
    model = train_nlu(str(config), str(data), job["folder"], fixed_model_name="model")
    seconds = time.perf_counter() - start
    if not model:
        raise RuntimeError("Rasa trained no model.")
    return {"seconds": seconds}


def rasa_data(texts: Sequence[str], intents: Sequence[str], patterns: Sequence[Tuple[str, str]]) -> Dict[str, Any]:
    """Return sentences and patterns (name, pattern) as Rasa's training data in JSON.

    In this format a text is a text, brackets and leading dashes included; in Rasa's YAML they have a meaning.
    """
    examples = [{"text": text, "intent": intent} for text, intent in zip(texts, intents)]
    features = [{"name": name, "pattern": pattern} for name, pattern in patterns]
    return {"rasa_nlu_data": {"common_examples": examples, "regex_features": features}}


def parse_rasa(job: Dict[str, Any]) -> Dict[str, Any]:
    """Have the model of `train_rasa` parse the texts of `asked`, after those of `warm_up`; `is_ours` as we run it."""
    import asyncio
    import logging

    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog
    from rasa.utils.tensorflow.environment import setup_tf_environment

    from channels.graph_run import run_graphs_in_a_loop

    setup_tf_environment()
    configure_structlog(logging.WARNING)  # as a server has it; else every parse is written out
    if job["is_ours"]:
        run_graphs_in_a_loop()
    agent = Agent.load(str(Path(job["folder"], "model.tar.gz")))
    loop = asyncio.new_event_loop()
    return _timed(lambda text: loop.run_until_complete(agent.parse_message(text)), job)


def save_blank_spacy(job: Dict[str, Any]) -> Dict[str, Any]:
    """Save a blank Dutch spaCy pipeline in `folder`: SpacyNLP takes none that is neither installed nor saved."""
    import spacy

    spacy.blank("nl").to_disk(job["folder"])
    return {}


def train_tfidf(job: Dict[str, Any]) -> Dict[str, Any]:
    """Fit TF-IDF and logistic regression to `texts` and `intents`; the model goes into `folder`."""
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    start = time.perf_counter()
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    model.fit(job["texts"], job["intents"])
    seconds = time.perf_counter() - start
    joblib.dump(model, Path(job["folder"], "model.joblib"))
    return {"seconds": seconds}


def parse_tfidf(job: Dict[str, Any]) -> Dict[str, Any]:
    """Have the model of `train_tfidf` classify the texts of `asked`, after those of `warm_up`."""
    import joblib

    model = joblib.load(Path(job["folder"], "model.joblib"))
    return _timed(lambda text: {"intent_ranking": [{"name": str(model.predict([text])[0])}]}, job)


def predict_variants(job: Dict[str, Any]) -> Dict[str, Any]:
    """Fit a MessageModel for each of `configs` to `texts` and `intents`; return what each predicts of `asked`."""
    from components.message_model import MessageModel
    from components.sentence_encoder import SentenceEncoder

    # All of them read the same sentences, so each is encoded once.
    encoder = SentenceEncoder(remembered=len(job["texts"]) + len(job["asked"]))
    predicted = []
    for config in job["configs"]:
        model = MessageModel(config, encoder).fit(job["texts"], job["intents"])
        predicted.append([model.labels[row.argmax()] for row in model.predict(job["asked"])])
    return {"predicted": predicted}


def cross_validate(job: Dict[str, Any]) -> Dict[str, Any]:
    """Return the numbers and parses of tools.evaluate's cross-validation over `texts`, `intents` and `phrases`."""
    from tools import evaluate

    numbers, parses = evaluate.cross_validate(job["texts"], job["intents"], job["phrases"])
    return {"numbers": numbers, "parses": parses}


def parse_shipped(job: Dict[str, Any]) -> Dict[str, Any]:
    """Return how the assistant's own model, in models/, understands each text of `asked`."""
    from tools import evaluate

    return {"parses": evaluate.parse_with_model(job["asked"])}


STEPS = {
    step.__name__: step
    for step in (
        train_rasa,
        parse_rasa,
        save_blank_spacy,
        train_tfidf,
        parse_tfidf,
        predict_variants,
        cross_validate,
        parse_shipped,
    )
}


def _timed(parse: Callable[[str], Parse], job: Dict[str, Any]) -> Dict[str, Any]:
    """Parse one text after the other; return the parses, the milliseconds of each, and the memory (MB) at the end."""
    for text in job["warm_up"]:
        parse(text)
    parses, milliseconds = [], []
    for text in job["asked"]:
        start = time.perf_counter()
        parses.append(parse(text))
        milliseconds.append(1000 * (time.perf_counter() - start))
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {"parses": parses, "milliseconds": milliseconds, "memory": pages * os.sysconf("SC_PAGE_SIZE") / 1e6}


def work(job: Path) -> None:
    """Do the step that the file `job` describes and write its result where the file says."""
    described = json.loads(job.read_text(encoding="utf8"))
    result = STEPS[described["step"]](described)
    Path(described["result"]).write_text(json.dumps(result), encoding="utf8")
