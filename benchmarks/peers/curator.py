"""Bespoke Curator: its OpenAI backend without rate limits, its cache in the run's folder."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

# Read when the package is imported: no telemetry, plain log lines, and the tokenizer that litellm
# brings along instead of one fetched from the web.
LITELLM = Path(importlib.util.find_spec("litellm").origin).parent
os.environ.update(
    TELEMETRY_ENABLED="false",
    CURATOR_DISABLE_RICH_DISPLAY="1",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    TIKTOKEN_CACHE_DIR=str(LITELLM / "litellm_core_utils" / "tokenizers"),
)

from bespokelabs import curator  # noqa: E402
from work import MODEL, messages, read_names  # noqa: E402

NO_LIMIT = 10**9


class Blogger(curator.LLM):
    """One chat per recipe name."""

    def prompt(self, row: dict) -> list[dict[str, str]]:
        return messages(row["name"])

    def parse(self, row: dict, response: str) -> dict:
        return {"number": row["number"], "post": response}


def main() -> None:
    table, url, rows, concurrency, folder = sys.argv[1:]
    names = read_names(table, int(rows))
    work = [{"number": number, "name": name} for number, name in enumerate(names)]
    blogger = Blogger(
        model_name=MODEL,
        backend="openai",
        backend_params={
            "base_url": url,
            "api_key": "none",
            "max_concurrent_requests": int(concurrency),
            "max_requests_per_minute": NO_LIMIT,
            "max_tokens_per_minute": NO_LIMIT,
            "seconds_to_pause_on_rate_limit": 1,
            "require_all_responses": False,
        },
    )
    answered = blogger(work, working_dir=f"{folder}.cache")
    Path(folder).mkdir(parents=True, exist_ok=True)
    for row in answered.dataset:
        Path(folder, f"{row['number']:05d}.txt").write_text(row["post"])


if __name__ == "__main__":
    main()
