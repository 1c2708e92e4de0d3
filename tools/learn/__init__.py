"""Has a person choose what the assistant learns from questions that it did not understand: `python -m tools.learn`."""
