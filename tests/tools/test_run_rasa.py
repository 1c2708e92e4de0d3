"""Rasa runs without TensorFlow, and says so to a component that wants it."""

from __future__ import annotations

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
