"""The command line `liter-llm`, also `python -m liter_llm`. docs/cli.md describes it.

A file for each command, and one for each thing that they share. Nothing here loads the native
library before a request is made: help, the version and completion come at once.
"""
