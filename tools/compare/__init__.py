"""Compares Ouderwijzer with Rasa's own pipelines and with plain scikit-learn, on the same sentences in one run.

It imports nothing: what a worker imports counts in the memory of its system.
"""
