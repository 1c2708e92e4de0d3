"""Two instances of Rasa, two action servers, PostgreSQL, Redis and nginx on this machine, as deploy/ has them."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO, Callable, Dict, List, Optional

import psycopg2
import redis
import requests

from tools.server import ROOT, free_port

DEPLOY = ROOT / "deploy"
STARTED_WITHIN = 180  # seconds; two instances of Rasa at once, on two cores that others use too
STOPPED_WITHIN = 30  # seconds; after them systemd ends what is left
POSTGRES, REDIS, NGINX = "postgres", "redis", "nginx"
RASA, ACTIONS = ("rasa-1", "rasa-2"), ("actions-1", "actions-2")


def missing() -> List[str]:
    """Return Debian's packages that these tests need and that are not installed."""
    packages = {"postgresql": _postgres("initdb"), "redis-server": _program("redis-server"), "nginx": _program("nginx")}
    return [package for package, program in packages.items() if program is None]


class Topology:
    """All of it, as a context manager; each process by its name may be killed and started again.

    `roots` says from which folder Rasa and the action servers start: by default from this project.
    """

    def __init__(self) -> None:
        self.roots: Dict[str, Path] = dict.fromkeys((*RASA, *ACTIONS), ROOT)
        names = [POSTGRES, REDIS, *RASA, *ACTIONS]
        self.ports = {name: free_port() for name in [*names, "public", "actions"]}
        self.url = f"http://127.0.0.1:{self.ports['public']}"
        # Not pytest's folder: Debian's daemons run as another user, who may not look into that.
        self.folder = Path(tempfile.mkdtemp(prefix="ouderwijzer-"))
        self.key = secrets.token_hex(32)
        self._password = secrets.token_hex(16)
        self.redis_url = f"redis://:{self._password}@127.0.0.1:{self.ports[REDIS]}/0"
        self._processes: Dict[str, subprocess.Popen] = {}
        # PostgreSQL refuses to run as root.
        self._user: Dict[str, Any] = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self._user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    def __enter__(self) -> Topology:
        try:
            self._initialize_postgres()
            write_nginx_configuration(self.folder, self.ports)
            self.start(POSTGRES, REDIS)
            self.start(*RASA, *ACTIONS, NGINX)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: Any) -> None:
        for name in [NGINX, *RASA, *ACTIONS, REDIS, POSTGRES]:
            if name in self._processes:
                self.kill(name)
        shutil.rmtree(self.folder)

    def start(self, *names: str) -> None:
        """Start what does not run, and return when all of it is ready."""
        for name in names:
            if name not in self._processes:
                with self._open_log(name) as log:
                    self._processes[name] = subprocess.Popen(
                        self._command(name),
                        env={**os.environ, **self._environment(name)},
                        cwd=self.roots.get(name, self.folder),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                        **({} if name in self.roots else self._user),
                    )
        for name in names:
            self._wait_until(lambda name=name: self._is_ready(name), name)

    def kill(self, name: str) -> None:
        """End a process and its children without asking them, and return when they are gone."""
        process = self._processes.pop(name)
        # PostgreSQL's children outlive their parent's SIGKILL for a moment; this ends them as suddenly.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGQUIT if name == POSTGRES else signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> None:
        """End a process as systemd and Docker do, and return when it is gone."""
        process = self._processes.pop(name)
        process.terminate()
        process.wait(timeout=STOPPED_WITHIN)

    def freeze(self, name: str) -> None:
        """Have a process hang."""
        os.killpg(self._processes[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Have it go on."""
        os.killpg(self._processes[name].pid, signal.SIGCONT)

    def redis(self) -> redis.Redis:
        """Return a client of Redis; it is a context manager."""
        return redis.Redis(port=self.ports[REDIS], password=self._password)

    def check_nginx(self) -> None:
        """Have nginx check its configuration.

        Raises:
            CalledProcessError: it has an error.
        """
        with self._open_log("nginx-check") as log:
            subprocess.run([*self._command(NGINX), "-t"], check=True, stdout=log, stderr=log, **self._user)

    def rasa_url(self, name: str) -> str:
        """Return the address of one instance, past nginx."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def postgres(self) -> psycopg2.extensions.connection:
        """Return a connection with the database of the conversations.

        Raises:
            OperationalError: PostgreSQL does not answer.
        """
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.ports[POSTGRES],
            dbname="postgres",
            user="ouderwijzer",
            password=self._password,
        )

    def health(self, name: str) -> Dict[str, Any]:
        """Return what an instance says of itself."""
        return requests.get(f"{self.rasa_url(name)}/health", timeout=10).json()

    def wait_until_all_is_well(self) -> None:
        """Start again what was killed, and return when both instances are ready."""
        self.start(POSTGRES, REDIS, *RASA, *ACTIONS, NGINX)
        for name in RASA:
            self._wait_until(lambda name=name: self.health(name)["ready"], name)

    def log(self, name: str) -> str:
        """Return what a process wrote so far."""
        return (self.folder / f"{name}.log").read_text(encoding="utf8", errors="replace")

    def _open_log(self, name: str) -> BinaryIO:
        """Return a file that the daemons' user may open anew, as nginx does with /dev/stdout."""
        log = (self.folder / f"{name}.log").open("ab")
        os.chown(log.fileno(), self._user.get("user", -1), self._user.get("group", -1))
        return log

    def _command(self, name: str) -> List[Any]:
        port = str(self.ports.get(name))
        if name == POSTGRES:
            settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "fsync": "off"}
            options = [option for key, value in settings.items() for option in ("-c", f"{key}={value}")]
            return [_postgres("postgres"), "-D", self.folder / "data", "-p", port, *options]
        if name == REDIS:
            options = ["--save", "", "--appendonly", "no", "--requirepass", self._password]
            return [_program("redis-server"), "--port", port, "--bind", "127.0.0.1", *options]
        if name == NGINX:
            return [_program("nginx"), "-c", self.folder / "nginx.conf", "-p", self.folder, "-g", "daemon off;"]
        if name in ACTIONS:
            return [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", port, "--cors", ""]
        configuration = ["--endpoints", "deploy/endpoints.yml", "--credentials", "deploy/credentials.yml"]
        options = ["--interface", "127.0.0.1", "--port", port, "--model", "models/ouderwijzer.tar.gz", *configuration]
        return [sys.executable, "-m", "tools.run_rasa", "run", *options]

    def _environment(self, name: str) -> Dict[str, str]:
        return {
            "OUDERWIJZER_SLEUTEL": self.key,
            "OUDERWIJZER_ACTIES": f"http://127.0.0.1:{self.ports['actions']}/webhook",
            "OUDERWIJZER_DB_HOST": "127.0.0.1",
            "OUDERWIJZER_DB_POORT": str(self.ports[POSTGRES]),
            "OUDERWIJZER_DB_NAAM": "postgres",
            "OUDERWIJZER_DB_GEBRUIKER": "ouderwijzer",
            "OUDERWIJZER_DB_WACHTWOORD": self._password,
            "OUDERWIJZER_REDIS": self.redis_url,
            "SANIC_HOST": "127.0.0.1",
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "MALLOC_TRIM_THRESHOLD_": "8388608",
            "PYTHONUNBUFFERED": "1",
        }

    def _initialize_postgres(self) -> None:
        password = self.folder / "password"
        password.write_text(self._password, encoding="ascii")
        password.chmod(0o644)
        options = ["--username=ouderwijzer", "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"]
        subprocess.run(
            [_postgres("initdb"), "-D", self.folder / "data", *options, "--locale=C", "--no-sync"],
            cwd=self.folder,
            check=True,
            capture_output=True,
            **self._user,
        )

    def _is_ready(self, name: str) -> bool:
        if name == POSTGRES:
            with contextlib.suppress(psycopg2.OperationalError):
                self.postgres().close()
                return True
            return False
        if name == REDIS:
            with contextlib.suppress(redis.ConnectionError):
                return self.redis().ping()
            return False
        port, path = (self.ports["public"], "/") if name == NGINX else (self.ports[name], "/health")
        try:
            reply = requests.get(f"http://127.0.0.1:{port}{path}", timeout=10)
        except requests.RequestException:
            return False
        if name in RASA:
            return reply.json()["conversations"] and reply.json()["model"]
        return reply.status_code == (404 if name == NGINX else 200)

    def _wait_until(self, holds: Callable[[], bool], name: str) -> None:
        until = time.monotonic() + STARTED_WITHIN
        while not holds():
            ended = self._processes[name].poll() is not None
            if ended or time.monotonic() > until:
                raise AssertionError(f"{name} is not ready:\n{self.log(name)[-2000:]}")
            time.sleep(0.2)


def write_nginx_configuration(folder: Path, ports: Dict[str, int]) -> None:
    """Write deploy/nginx.conf with other addresses, and a folder of its own instead of /tmp."""
    configuration = (DEPLOY / "nginx.conf").read_text(encoding="utf8")
    for own, other in {
        "listen 8080;": f"listen 127.0.0.1:{ports['public']};",
        "listen 5055;": f"listen 127.0.0.1:{ports['actions']};",
        " /tmp/": f" {folder}/",
    }.items():
        assert own in configuration
        configuration = configuration.replace(own, other)
    (folder / "nginx.conf").write_text(configuration, encoding="utf8")

    addresses = (DEPLOY / "addresses.conf").read_text(encoding="utf8")
    for own, other in {
        "172.30.77.11:5005": f"127.0.0.1:{ports['rasa-1']}",
        "172.30.77.12:5005": f"127.0.0.1:{ports['rasa-2']}",
        "172.30.77.21:5055": f"127.0.0.1:{ports['actions-1']}",
        "172.30.77.22:5055": f"127.0.0.1:{ports['actions-2']}",
        "172.30.78.1": "127.0.0.1",
    }.items():
        assert own in addresses
        addresses = addresses.replace(own, other)
    (folder / "addresses.conf").write_text(addresses, encoding="utf8")


def _postgres(program: str) -> Optional[str]:
    """Return a program of PostgreSQL's newest version here; Debian keeps them outside of PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    return str(installed[-1]) if installed else shutil.which(program)


def _program(name: str) -> Optional[str]:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
