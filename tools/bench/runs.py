"""What is measured, in which order. The systems take turns, so that what changes on the machine hits both.

Each function returns what it measured as figures.json holds it, by the key of the system: times in ms or seconds, as
the name says, memory in MB.
"""

from __future__ import annotations

import contextlib
import sys
import time
from bisect import bisect
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

from tools.bench.client import ANSWERED, FAILED, PRESSED, TYPED, UNANSWERED, Crowd, Script, cycle, talk_all
from tools.bench.figures import Measured, ends, percentile, thinned
from tools.bench.kept import count_kept, ids_in, size_of
from tools.bench.processes import MemoryOverTime, machine, memory, processor_seconds
from tools.bench.systems import BenchError, Ouderwijzer, RasaInit

SYSTEMS = (Ouderwijzer, RasaInit)
READY_WITHIN = 300  # seconds
ASK_AGAIN = 0.1  # seconds; how exact the time of a start is
WARM_UP = 40  # messages
SHOWN = 200  # points of memory over time
NAMED = 5  # failures that are kept in words


@dataclass(frozen=True)
class Settings:
    """How much is measured; `quick` is for trying the command itself."""

    starts: int = 3
    blocks: int = 6
    messages: int = 100  # in a block of one user
    users: int = 10
    crowds: int = 4  # blocks of all users
    crowd_seconds: float = 20.0
    talks: int = 3  # long conversations
    turns: int = 200  # in each
    conversations: int = 10_000
    load_users: int = 50
    load_seconds: float = 600.0
    load_pause: float = 1.0  # seconds from an answer to the next message; nobody reads as fast


QUICK = Settings(1, 2, 5, 2, 2, 3.0, 1, 25, 20, 5, 20.0, 0.2)


def measure_speed(settings: Settings, folder: Path) -> Measured:
    """Measure starts, memory, one user, several users and long conversations; what they leave goes into `folder`."""
    found: Dict[str, Any] = {kind.key: {"starts": [], "memory": []} for kind in SYSTEMS}
    for number in range(settings.starts):
        for kind in SYSTEMS:
            say(f"start {number + 1} of {settings.starts}: {kind.title}")
            for name, value in _start(kind, _folder(folder, f"start-{kind.key}-{number}")).items():
                found[kind.key][name].append(value)
    with contextlib.ExitStack() as running:
        systems = [running.enter_context(kind(_folder(folder, kind.key))) for kind in SYSTEMS]
        for system in systems:
            wait_until_answered(system)
            talk_all(system.talk, system.scripts, messages=WARM_UP)
            found[system.key].update(one_user=[], crowd=[], turns=[], unanswered=0, failed=0)
        rounds = {system.key: _rounds(system.scripts) for system in systems}
        for number in range(settings.blocks):
            say(f"one user, block {number + 1} of {settings.blocks}")
            for system in systems:
                crowd = talk_all(system.talk, next(rounds[system.key]), messages=settings.messages)
                _note(found[system.key], crowd)
                found[system.key]["one_user"].append({kind: crowd.ms(kind) for kind in (TYPED, PRESSED)})
        for number in range(settings.crowds):
            say(f"{settings.users} users, block {number + 1} of {settings.crowds}")
            for system in systems:
                block = _crowd(system, next(rounds[system.key]), settings, found[system.key])
                found[system.key]["crowd"].append(block)
        for number in range(settings.talks):
            say(f"conversation of {settings.turns} turns, {number + 1} of {settings.talks}")
            for system in systems:
                crowd = talk_all(system.talk, [cycle(system.steady, settings.turns)], conversations=1)
                _note(found[system.key], crowd)
                found[system.key]["turns"].append([reply.ms for reply in crowd.replies])
        store = size_of(systems[0].conversations).as_dict()
    return {**_circumstances(), "users": settings.users, "store": store, "systems": found}


def measure_load(settings: Settings, folder: Path) -> Measured:
    """Measure many conversations, and many users for long; what they leave goes into `folder`."""
    many: Dict[str, Any] = {}
    load: Dict[str, Any] = {}
    for kind in SYSTEMS:
        say(f"{settings.conversations} conversations: {kind.title}")
        limits = {"users": settings.users, "conversations": settings.conversations}
        many[kind.key] = _long_run(kind, _folder(folder, f"many-{kind.key}"), limits)
    for kind in SYSTEMS:
        say(f"{settings.load_users} users for {settings.load_seconds:.0f} s: {kind.title}")
        limits = {"users": settings.load_users, "seconds": settings.load_seconds, "pause": settings.load_pause}
        load[kind.key] = _long_run(kind, _folder(folder, f"load-{kind.key}"), limits)
    counts = {name: getattr(settings, name) for name in ("users", "conversations")}
    asked = {name: getattr(settings, name) for name in ("load_users", "load_seconds", "load_pause")}
    return {**_circumstances(), **counts, **asked, "many": many, "load": load}


def wait_until_answered(system: Any) -> None:
    """Return once the assistant answers its first message.

    Raises:
        BenchError: it does not within READY_WITHIN seconds.
    """
    until = time.monotonic() + READY_WITHIN
    while not talk_all(system.talk, [system.steady[:1]], conversations=1).count(ANSWERED):
        if time.monotonic() > until:
            raise BenchError(f"No answer of {system.title} in {READY_WITHIN} s; its log is in logs/bench/run/.")
        time.sleep(ASK_AGAIN)


def say(message: str) -> None:
    """Tell how far it is."""
    print(message, file=sys.stderr, flush=True)


def _start(kind: type, folder: Path) -> Dict[str, Any]:
    """Start a system by itself; return the seconds to its first answer, and its memory some messages later."""
    begin = time.perf_counter()
    with kind(folder) as system:
        wait_until_answered(system)
        seconds = time.perf_counter() - begin
        talk_all(system.talk, system.scripts, messages=WARM_UP)
        taken = memory(system.processes().values())
    return {"starts": seconds, "memory": {"rss": taken.rss, "pss": taken.pss}}


def _crowd(system: Any, scripts: Sequence[Script], settings: Settings, totals: Dict[str, Any]) -> Dict[str, Any]:
    processes = system.processes()
    before = {name: processor_seconds([process]) for name, process in processes.items()}
    crowd = talk_all(system.talk, scripts, users=settings.users, seconds=settings.crowd_seconds)
    used = {name: processor_seconds([process]) - before[name] for name, process in processes.items()}
    _note(totals, crowd)
    messages = max(1, len(crowd.replies))
    return {
        "seconds": crowd.seconds,
        "ms": crowd.ms(),
        "processor_ms": {name: 1000 * seconds / messages for name, seconds in used.items()},  # a message
    }


def _long_run(kind: type, folder: Path, limits: Dict[str, Any]) -> Dict[str, Any]:
    with kind(folder) as system:
        wait_until_answered(system)
        with MemoryOverTime(lambda: system.processes().values(), interval=2.0) as taken:
            begin = time.time()
            crowd = talk_all(system.talk_with_ids, system.scripts, **limits)
        sent = [reply.at for reply in crowd.replies]
        answered = [reply.id for reply in crowd.replies if reply.outcome == ANSWERED]
        kept = count_kept(answered, ids_in(system.conversations)) if kind is Ouderwijzer else None
        store = size_of(system.conversations).as_dict() if kind is Ouderwijzer else None
    ms = crowd.ms()
    return {
        "seconds": crowd.seconds,
        "conversations": crowd.conversations,
        "messages": len(crowd.replies),
        "unanswered": crowd.count(UNANSWERED),
        "failed": crowd.count(FAILED),
        "failures": sorted(set(crowd.failures))[:NAMED],
        "lost": kept and kept.lost,
        "doubled": kept and kept.doubled,
        "store": store,
        "p50": percentile(ms, 50),
        "p95": percentile(ms, 95),
        "ms_ends": ends(ms),
        "memory_ends": ends([mb for _, mb in taken.samples]),
        # seconds since the beginning, messages sent by then, MB
        "memory": [[at - begin, bisect(sent, at), mb] for at, mb in thinned(taken.samples, SHOWN)],
    }


def _rounds(scripts: Sequence[Script]) -> Iterator[List[Script]]:
    """Yield all scripts again and again, each time beginning further on, so that the blocks differ."""
    start = 0
    while True:
        yield [*scripts[start:], *scripts[:start]]
        start = (start + len(scripts) // 3 + 1) % len(scripts)


def _note(totals: Dict[str, Any], crowd: Crowd) -> None:
    totals["unanswered"] += crowd.count(UNANSWERED)
    totals["failed"] += crowd.count(FAILED)


def _folder(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def _circumstances() -> Dict[str, Any]:
    return {"date": date.today().isoformat(), "rasa": version("rasa"), **machine()}
