"""The usual second attempt: a semaphore around AsyncOpenAI, one task per row."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from openai import APIError, AsyncOpenAI
from work import MODEL, messages, read_names


async def main() -> None:
    table, url, rows, concurrency, folder = sys.argv[1:]
    client = AsyncOpenAI(base_url=url, api_key="none")
    gate = asyncio.Semaphore(int(concurrency))
    Path(folder).mkdir(parents=True, exist_ok=True)

    async def one(number: int, name: str) -> None:
        async with gate:
            try:
                answer = await client.chat.completions.create(model=MODEL, messages=messages(name))
            except APIError:
                return
        Path(folder, f"{number:05d}.txt").write_text(answer.choices[0].message.content)

    names = read_names(table, int(rows))
    await asyncio.gather(*[one(number, name) for number, name in enumerate(names)])


if __name__ == "__main__":
    asyncio.run(main())
