"""Rasa runs without TensorFlow, and says so to a component that wants it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.server import ROOT, Server


def test_the_running_assistant_has_no_tensorflow(server: Server) -> None:
    server.wait_until_ready()
    loaded = Path(f"/proc/{server.process_ids()['rasa']}/maps").read_text(encoding="utf8")
    assert "onnxruntime" in loaded
    assert "tensorflow" not in loaded


def test_a_component_that_needs_tensorflow_is_told_what_to_do() -> None:
    code = (
        "from tools.run_rasa import leave_out_tensorflow; leave_out_tensorflow()\n"
        "import rasa.nlu.classifiers.diet_classifier"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 1
    assert "left out by tools/run_rasa.py" in result.stderr and "start `rasa run` itself" in result.stderr


def test_products_of_matrices_take_one_thread() -> None:
    code = (
        "import contextlib, sys; from tools.run_rasa import main; sys.argv[1:] = ['--version']\n"
        "with contextlib.suppress(SystemExit): main()\n"
        "import numpy; from threadpoolctl import threadpool_info\n"
        "print(*(pool['num_threads'] for pool in threadpool_info() if pool['internal_api'] == 'openblas'))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert set(result.stdout.splitlines()[-1].split()) == {"1"}
