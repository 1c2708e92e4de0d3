"""Runs the assistant: Rasa and the action server on this machine, started again when one of them dies."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Dict, List, Optional, Type
from xmlrpc.client import ServerProxy

import requests
from ruamel.yaml import YAML
from supervisor.xmlrpc import SupervisorTransport

from content import ContentError, load_schools
from content.loader import OWN_FOLDER

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
PORT, ACTIONS_PORT = 5005, 5055
READY_WITHIN = 120  # seconds; a slow machine needs about 30
STOPPED_WITHIN = 20  # seconds; supervisord gives each process 10


class ServerError(RuntimeError):
    """The assistant cannot start; the message says what to do."""


class Server:
    """The running assistant, as a context manager.

    `logs` gets rasa.log, actions.log and supervisord.log. Nothing that a parent types is in them.
    `conversations` is the SQLite file to keep conversations in; without it they are kept where endpoints.yml says.
    `channels` are settings of connectors, by their names in credentials.yml, which replace those that stand there.
    `own_folder` is where what is the schools' own lies, as `load_schools` takes it.
    """

    def __init__(
        self,
        logs: Path,
        port: int = PORT,
        actions_port: int = ACTIONS_PORT,
        models: Path = MODELS,
        conversations: Optional[Path] = None,
        channels: Optional[Dict[str, Dict[str, Any]]] = None,
        own_folder: Optional[Path] = None,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.actions_url = f"http://127.0.0.1:{actions_port}"
        self._ports = {"rasa": port, "actions": actions_port}
        self.logs = logs
        self._models = models
        self.conversations = conversations
        self._channels = channels or {}
        self._own_folder = own_folder
        self._process: Optional[subprocess.Popen] = None
        # A socket's path may have 107 characters at most, so it cannot lie in just any folder of logs.
        self._scratch = tempfile.TemporaryDirectory(prefix="ouderwijzer-")

    def __enter__(self) -> Server:
        """Start both processes; `wait_until_ready` tells when they answer.

        Raises:
            ServerError: no trained model, a broken content file, or a port in use.
        """
        check_startable(self._ports, self._models, self._own_folder)
        self.logs.mkdir(parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "supervisor.supervisord",
                "-c",
                str(ROOT / "deploy/supervisord.conf"),
                "-u",
                str(os.getuid()),
            ],
            env={**os.environ, **self._environment()},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for whoever runs us, who then stops us in order
        )
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]] = None,
        error: Optional[BaseException] = None,
        traceback: Optional[TracebackType] = None,
    ) -> None:
        """Stop both processes and wait until they are gone."""
        stop(self._process)
        self._scratch.cleanup()

    def wait_until_ready(self, while_waiting: Callable[[float], None] = lambda seconds: None) -> None:
        """Return once both answer; call `while_waiting` with the seconds so far, about once a second.

        Raises:
            ServerError: a process did not start, or the model cannot be loaded; the message ends with the last
                lines of its log.
        """
        start = time.monotonic()
        while True:
            health = self._health()
            if health.get("ready"):
                return
            # Rasa loads its model before it listens, and goes on without one if that fails.
            if health.get("model") is False:
                raise ServerError(
                    f"Rasa cannot load the model in {self._models}: it is damaged, or other code trained it. "
                    f"Remove it and train again: rm {self._models}/*.tar.gz && make train\n{self._tail('rasa')}\n"
                    f"All of it stands in {self.logs}."
                )
            if health.get("conversations") is False:
                raise ServerError(f"Conversations cannot be kept.\n{self._tail('rasa')}\nAll of it is in {self.logs}.")
            waited = time.monotonic() - start
            gave_up = any(process["statename"] == "FATAL" for process in self._processes())
            if gave_up or waited > READY_WITHIN or self._process.poll() is not None:
                raise ServerError(
                    f"The assistant did not start.\n{self._tail('rasa')}\n{self._tail('actions')}\n"
                    f"All of it stands in {self.logs}."
                )
            while_waiting(waited)
            time.sleep(1)

    def _health(self) -> Dict[str, Any]:
        """Return what Rasa's process says of itself; nothing while it does not answer."""
        try:
            return requests.get(f"{self.url}/health", timeout=5).json()
        except requests.RequestException:
            return {}

    def wait_until_stopped(self) -> None:
        """Return when the supervisor ends."""
        self._process.wait()

    def process_ids(self) -> Dict[str, int]:
        """Return the process ids of `rasa` and `actions`; one that is down is left out."""
        return {process["name"]: process["pid"] for process in self._processes() if process["statename"] == "RUNNING"}

    def _processes(self) -> List[Dict[str, Any]]:
        """Return what supervisord says of each process; nothing while it is not up yet."""
        transport = SupervisorTransport(None, None, f"unix://{self._scratch.name}/supervisor.sock")
        try:
            return ServerProxy("http://127.0.0.1", transport=transport).supervisor.getAllProcessInfo()
        except (OSError, HTTPException):
            return []

    def _environment(self) -> Dict[str, str]:
        yaml = YAML(typ="safe")
        endpoints, credentials = yaml.load(ROOT / "endpoints.yml"), yaml.load(ROOT / "credentials.yml")
        endpoints["action_endpoint"]["url"] = f"{self.actions_url}/webhook"
        if self.conversations:
            endpoints["tracker_store"].update(dialect="sqlite", db=str(self.conversations.resolve()))
        for channel, settings in self._channels.items():
            credentials[channel] = {**(credentials[channel] or {}), **settings}
        written = Path(self._scratch.name)
        yaml.dump(endpoints, written / "endpoints.yml")
        yaml.dump(credentials, written / "credentials.yml")
        own_folder = {OWN_FOLDER: str(self._own_folder)} if self._own_folder else {}
        return {
            **own_folder,
            "OUDERWIJZER_ROOT": str(ROOT),
            "OUDERWIJZER_PYTHON": sys.executable,
            "OUDERWIJZER_LOGS": str(self.logs.resolve()),
            "OUDERWIJZER_SCRATCH": self._scratch.name,
            "OUDERWIJZER_MODELS": str(self._models),
            "OUDERWIJZER_PORT": str(self._ports["rasa"]),
            "OUDERWIJZER_ACTIONS_PORT": str(self._ports["actions"]),
            "SANIC_HOST": "127.0.0.1",  # where the action server listens; by itself it would listen everywhere
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "MALLOC_TRIM_THRESHOLD_": "8388608",  # bytes; what loading needed for a moment goes back (70 MB)
            "PYTHONUNBUFFERED": "1",
        }

    def _tail(self, name: str) -> str:
        path = self.logs / f"{name}.log"
        lines = path.read_text(encoding="utf8", errors="replace").splitlines() if path.exists() else []
        return "\n".join(f"  {name}: {line}" for line in lines[-8:])


def check_startable(ports: Dict[str, int], models: Path = MODELS, own_folder: Optional[Path] = None) -> None:
    """Find out before starting what would make it fail.

    Raises:
        ServerError: no trained model, a broken content file, or a port in use.
    """
    if not list(models.glob("*.tar.gz")):
        raise ServerError(f"There is no trained model in {models}. Make one: make train")
    try:
        load_schools(own_folder=own_folder)
    except ContentError as error:
        raise ServerError(f"The content has errors; nothing was started.\n{error}") from error
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise ServerError(
                    f"Port {port} (for {name}) is in use. Stop the program that uses it (ss -ltnp | grep {port}), "
                    f"or choose other ports: make serve PORT=6005 ACTIONS_PORT=6055"
                ) from error


def stop(process: subprocess.Popen) -> None:
    """End a process and wait until it is gone; one that takes over `STOPPED_WITHIN` seconds is killed."""
    process.terminate()
    try:
        process.wait(timeout=STOPPED_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop_on_sigterm() -> None:
    """Make SIGTERM end this process in order, so that a running `Server` stops what it started."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def main() -> None:
    """Serve until interrupted."""
    stop_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--actions-port", type=int, default=ACTIONS_PORT)
    parser.add_argument("--proxies", type=int, help="how many trusted proxies stand before it; no demo page then")
    arguments = parser.parse_args()
    channels = {}
    if arguments.proxies is not None:
        channels["channels.web.WebInput"] = {"demo": False, "proxies": arguments.proxies}
    try:
        with Server(ROOT / "logs", arguments.port, arguments.actions_port, channels=channels) as server:
            print("Starting Rasa and the action server ...", flush=True)
            server.wait_until_ready()
            print(f"Ready at {server.url} (logs in logs/). Stop with Ctrl-C.", flush=True)
            server.wait_until_stopped()
    except ServerError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\nStopped.")


if __name__ == "__main__":
    main()
