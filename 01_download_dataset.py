#!/usr/bin/env python3
"""Download the recipe dataset from Kaggle.

Writes kaggle_dataset/allrecipes.csv (4 MB, 6,204 rows) unless it already exists. Needs a
Kaggle account: KAGGLE_USERNAME and KAGGLE_API_TOKEN in the environment, or kaggle.json
(https://www.kaggle.com/settings) in the project root.

    python 01_download_dataset.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from recipe_pipeline.common import cli


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    return cli.build_parser(__doc__).parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    parse_args(argv)
    from recipe_pipeline.source.kaggle import download_dataset

    download_dataset()
    return 0


if __name__ == "__main__":
    sys.exit(cli.run(main))
