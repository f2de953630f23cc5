"""Adapters to frameworks, each in a module of its own, which imports its framework.

`openai_format` needs none; `langchain`, `llama_index`, `pydantic_ai` and `llm_plugin` need the one
that they are named after. Nothing here is imported by `import liter_llm`.
"""
