"""Extraction over HTTP: for recipe managers (OpenAI's protocol), for scripts, and by hand."""
