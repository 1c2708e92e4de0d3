"""Measures how fast the assistant is and what it takes, side by side with the bot of `rasa init`."""
