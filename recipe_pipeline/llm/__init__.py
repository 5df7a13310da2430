"""One OpenAI-compatible server: client, many requests at once, replies."""
