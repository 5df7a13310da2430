"""Stage 4: posts and labels become a chat dataset.

`build` reads `pairs` of files, makes `records` of them in the form of `chat` with their `token_counts`, and
writes them to `files` with a `split`. What it reports: `summary` on the terminal, `card` beside the data,
`report` as a page.
"""
