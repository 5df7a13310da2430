"""Stages 2 and 3: blog posts by an LLM, and their labels.

- 02: `blogs`. `styles` draws what a post is like, `prompts` asks for it, `post_checks` looks at it.
- 03: `labels`.
- Both: `settings`; `engine` decides who sends the requests, `run` brings a folder up to date, `preview`
  shows one result. `ray_engine` spreads a run over `ray_worker` processes, in a `ray_session`.
"""
