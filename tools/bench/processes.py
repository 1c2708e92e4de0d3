"""What processes take of memory and processor, as /proc tells it (man 5 proc)."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Set, Tuple

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")  # a second


@dataclass(frozen=True)
class Memory:
    """Memory in MB (10^6 bytes). What processes share counts for each of them in RSS, and once in PSS."""

    rss: float
    pss: float


def family(parents: Iterable[int]) -> List[int]:
    """Return the ids of these processes and of all below them."""
    children: Dict[int, List[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                fields = _stat(int(folder.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: Set[int] = set()
    waiting = list(parents)
    while waiting:
        process = waiting.pop()
        if process not in found:
            found.add(process)
            waiting += children.get(process, [])
    return sorted(found)


def memory(processes: Iterable[int]) -> Memory:
    """Return what these processes and all below them take together."""
    totals = {"Rss": 0.0, "Pss": 0.0}
    for process in family(processes):
        try:
            lines = (PROC / str(process) / "smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        for line in lines:
            name, _, value = line.partition(":")
            if name in totals:
                totals[name] += int(value.split()[0]) * 1024 / 1e6
    return Memory(totals["Rss"], totals["Pss"])


def processor_seconds(processes: Iterable[int]) -> float:
    """Return how many seconds of processor time these processes and all below them used so far."""
    return sum(int(ticks) for process in family(processes) for ticks in _stat(process)[11:13]) / _TICKS


def machine() -> Dict[str, object]:
    """Return the model of the processor, and how many cores this process may use."""
    lines = (PROC / "cpuinfo").read_text(encoding="utf8", errors="replace").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {"processor": models[0] if models else os.uname().machine, "cores": len(os.sched_getaffinity(0))}


class MemoryOverTime:
    """Notes the memory of processes every `interval` seconds; a context manager."""

    def __init__(self, processes: Callable[[], Iterable[int]], interval: float) -> None:
        """`processes` gives the ids of those that run by then: one that died may have been started again."""
        self._processes = processes
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._note, daemon=True)
        self.samples: List[Tuple[float, float]] = []  # (seconds since 1970, RSS in MB)

    def __enter__(self) -> MemoryOverTime:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _note(self) -> None:
        while True:
            self.samples.append((time.time(), memory(self._processes()).rss))
            if self._ended.wait(self._interval):
                return


def _stat(process: int) -> List[str]:
    """Return the fields of /proc/<process>/stat from `state` on, which stands behind the name."""
    return (PROC / str(process) / "stat").read_text(encoding="utf8", errors="replace").rpartition(")")[2].split()
