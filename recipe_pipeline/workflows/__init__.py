"""Several stages in one command: quickstart, real pages, the notebook."""
