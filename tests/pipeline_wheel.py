"""Builds the wheel of a small spaCy pipeline, in the form in which spaCy publishes its own."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import spacy

INIT = """
from spacy.util import load_model_from_init_py

def load(**overrides):
    return load_model_from_init_py(__file__, **overrides)
"""


def build_wheel(folder: Path, name: str, language: str = "nl", spacy_version: str = ">=3.4.0,<3.5.0") -> Path:
    """Write the wheel of a pipeline `name` (such as nl_proef_sm) that knows one person, Daan; return its path."""
    pipeline = spacy.blank(language)
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "PERSON", "pattern": "Daan"}])
    pipeline.meta["name"] = name.split("_", 1)[1]
    pipeline.meta["version"] = "1.0.0"
    pipeline.to_disk(folder / name)
    meta = {**pipeline.meta, "lang": name.split("_", 1)[0], "spacy_version": spacy_version}
    texts = {
        f"{name}/__init__.py": INIT,
        f"{name}/meta.json": json.dumps(meta),
        f"{name}-1.0.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n",
        f"{name}-1.0.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.0.dist-info/entry_points.txt": f"[spacy_models]\n{name} = {name}\n",
    }
    saved = [path for path in (folder / name).rglob("*") if path.is_file()]
    files = {f"{name}/{name}-1.0.0/{path.relative_to(folder / name)}": path for path in saved}
    record = f"{name}-1.0.0.dist-info/RECORD"
    wheel = folder / f"{name}-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
        for path, file in files.items():
            archive.write(file, path)
        archive.writestr(record, "".join(f"{path},,\n" for path in [*texts, *files, record]))
    return wheel
