"""Connectors: how a message reaches Rasa and how an answer leaves, one module a channel."""
