"""Keeps what parents type out of the log: no messages of errors, no local variables, no texts in Rasa's lines.

With OUDERWIJZER_LOG=json in the environment each line is a JSON object, for programs that collect logs.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from datetime import datetime, timezone
from typing import Any, Dict, List, Optional, Tuple

import structlog

VARIABLE = "OUDERWIJZER_LOG"

# What structured lines may say, Rasa's and ours; all else could hold a parent's words (`text`, `rasa_event` ...).
_HARMLESS = frozenset(
    ["event", "event_info", "level", "stack_info", "action_name", "filename", "host", "key", "placeholder_key"]
    + ["channel", "outcome", "duration"]
)

# How those warnings of Rasa begin that quote what was typed, or a value out of it.
_QUOTING_WARNINGS = (
    "Failed to parse arguments in line",
    "Categorical slot .* is set to a value",
    "Invalid entity specification",
    "Parsed an (intent|entity) ",
)

_make_record = logging.getLogRecordFactory()


def keep_words_out_of_logs() -> None:
    """Change logging, structlog and warnings in this process; call it after Rasa configured them.

    Lines of level debug that Rasa writes through `logging` stay as they are: they quote messages on purpose.
    """
    # In place, as loggers that were used before keep the list that they had.
    processors = structlog.get_config()["processors"]
    if _without_words not in processors:
        processors.insert(0, _without_words)
    logging.setLogRecordFactory(_record_without_words)
    for beginning in _QUOTING_WARNINGS:
        warnings.filterwarnings("ignore", message=beginning)
    if os.environ.get(VARIABLE) == "json":
        logging.captureWarnings(True)
        processors[:] = [_without_words, structlog.stdlib.filter_by_level, _as_fields]
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter())


class JsonFormatter(logging.Formatter):
    """Makes of a record a line of JSON: time (UTC), level, logger, event, and the fields of a structured line.

    Those of an answer to a parent are channel, outcome (the kind of answer) and duration, in seconds.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps(line, ensure_ascii=False, default=str)


def places(error: Optional[BaseException]) -> str:
    """Return where an error and its causes arose and their types, without their messages and variables."""
    chain: List[BaseException] = []
    while error is not None and not any(error is known for known in chain):
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nbecause of\n".join(
        "".join(traceback.format_tb(link.__traceback__)) + type(link).__name__ for link in chain
    )


def _without_words(logger: Any, method: str, line: Dict[str, Any]) -> Dict[str, Any]:
    """Keep of a structured line what is harmless (a processor of structlog)."""
    harmless = {key: value for key, value in line.items() if key in _HARMLESS}
    error = line.get("exc_info")
    if error:
        if not isinstance(error, BaseException):
            error = (sys.exc_info() if error is True else error)[1]
        harmless["exception"] = places(error)
    return harmless


def _as_fields(logger: Any, method: str, line: Dict[str, Any]) -> Tuple[Tuple[str], Dict[str, Any]]:
    """Hand a structured line over to the standard log as it is (a processor of structlog)."""
    return (line.pop("event"),), {"extra": {"fields": line}}


def _record_without_words(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """Make a line of the standard log."""
    record = _make_record(*args, **kwargs)
    if record.exc_info:
        record.exc_text = places(record.exc_info[1])  # formatters take this for the traceback
        record.exc_info = None
    if isinstance(record.msg, BaseException):
        record.msg = type(record.msg).__name__
    if record.name == "asyncio":
        record.msg = str(record.msg).split("\n")[0]  # the other lines show the failed task, its error included
    return record
