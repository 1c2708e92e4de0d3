"""The tests. A package, or another package of this name in the environment would hide it."""
