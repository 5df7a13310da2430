"""Does a post support its label?"""

DEFAULT_MIN_SUPPORT = 0.6
"""Below this a label is retried (03) or left out (04), and a line counts as unsupported (07,
08). Chosen with ``benchmarks/corruption.py``: most faults score 0.4 or less, clean labels 0.7 or more."""
