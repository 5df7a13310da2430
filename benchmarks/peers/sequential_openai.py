"""The loop everybody writes first: one request after another."""

from __future__ import annotations

import sys
from pathlib import Path

from openai import OpenAI
from work import MODEL, messages, read_names


def main() -> None:
    table, url, rows, _, folder = sys.argv[1:]
    client = OpenAI(base_url=url, api_key="none")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(read_names(table, int(rows))):
        answer = client.chat.completions.create(model=MODEL, messages=messages(name))
        Path(folder, f"{number:05d}.txt").write_text(answer.choices[0].message.content)


if __name__ == "__main__":
    main()
