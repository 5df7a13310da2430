"""The recipes that 01 downloads and 02 reads.

- 01: `kaggle`, `kaggle_login`.
- 02: `recipes`, each a `recipe`. `csv_file` decodes the file, `stray_quotes` mends it, `cells` cleans the
  text of a cell, `lists` reads cells that are lists.
"""
