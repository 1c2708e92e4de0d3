"""Runs Rasa without TensorFlow: `python -m tools.run_rasa run ...` takes what `rasa run ...` takes.

Rasa imports TensorFlow wherever it starts, for the training of its own classifiers. No component of config.yml has any
use for it, and importing it takes 350 MB and 4 of 6 seconds. Three modules of Rasa 3.6 stand in the way: two that
rasa/utils/train_utils.py takes classes from for functions that train, and the check of what is trained, which a
model's metadata names. spaCy imports TensorFlow where it can, and does without.
"""

from __future__ import annotations

import sys
import warnings
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

_NEEDING_TENSORFLOW = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
}


class _WithoutTensorFlow(MetaPathFinder):
    def find_spec(self, name: str, *rest: Any) -> None:
        if name == "tensorflow":
            raise ImportError(
                "TensorFlow is left out by tools/run_rasa.py. For a component that needs it, start `rasa run` itself "
                "where `tools.run_rasa` stands in deploy/."
            )


def leave_out_tensorflow() -> None:
    """Have Rasa do without TensorFlow in this process; call it before anything of Rasa is imported."""
    for module_name, class_names in _NEEDING_TENSORFLOW.items():
        module = ModuleType(module_name)
        for name in class_names:
            setattr(module, name, type(name, (), {}))
        sys.modules[module_name] = module
    sys.meta_path.insert(0, _WithoutTensorFlow())


def leave_out_deprecations() -> None:
    """Have this process say nothing of what packages will drop one day; call it before anything of Rasa is imported.

    Sanic, which Rasa imports, turns such warnings on, whatever Python was told.
    """
    import sanic.app  # noqa: F401

    warnings.filterwarnings("ignore", category=DeprecationWarning)


def main() -> None:
    """Run Rasa's command line."""
    leave_out_tensorflow()
    from rasa.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
