"""What one would write instead of 02: a semaphore around AsyncOpenAI, one task per row.

python -m benchmarks.asyncio_loop CSV URL ROWS IN_FLIGHT FOLDER
"""

from __future__ import annotations

import asyncio
import csv
import sys
from itertools import islice
from pathlib import Path

from openai import APIError, AsyncOpenAI

from benchmarks.slot_server import MODEL

# As long as the requests of 02.
SYSTEM = "You write realistic posts for food blogs and social media. " * 18
USER = "Write a typical food-blog post about this recipe in plain text: {name}. " + "Fact. " * 120


async def main() -> None:
    table, url, rows, in_flight, folder = sys.argv[1:]
    client = AsyncOpenAI(base_url=url, api_key="none")
    gate = asyncio.Semaphore(int(in_flight))
    Path(folder).mkdir(parents=True, exist_ok=True)

    async def one(number: int, name: str) -> None:
        messages = [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": USER.format(name=name)},
        ]
        async with gate:
            try:
                answer = await client.chat.completions.create(model=MODEL, messages=messages)
            except APIError:
                return
        Path(folder, f"{number:05d}.txt").write_text(answer.choices[0].message.content)

    with open(table, encoding="utf-8", newline="") as file:
        names = [record["name"] for record in islice(csv.DictReader(file), int(rows))]
    await asyncio.gather(*[one(number, name) for number, name in enumerate(names)])


if __name__ == "__main__":
    asyncio.run(main())
