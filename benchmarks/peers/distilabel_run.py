"""distilabel: a text generation step, cached for the next run.

A step waits for its whole batch, so more than one batch is kept in flight by replicas: separate
processes, with batches of up to 64 requests.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from work import MODEL, SYSTEM, USER, read_names

# A log line per request costs more than the request.
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", DISTILABEL_LOG_LEVEL="WARNING")

LARGEST_BATCH = 64


def main() -> None:
    from distilabel.models.llms import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts, StepResources
    from distilabel.steps.tasks import TextGeneration

    table, url, rows, concurrency, folder = sys.argv[1:]
    batch = min(int(concurrency), LARGEST_BATCH)
    names = read_names(table, int(rows))
    work = [
        {"number": number, "instruction": USER.format(name=name), "system_prompt": SYSTEM}
        for number, name in enumerate(names)
    ]
    with Pipeline(name="posts", cache_dir=f"{folder}.cache") as pipeline:
        load = LoadDataFromDicts(name="load", data=work, batch_size=batch)
        write = TextGeneration(
            name="write",
            llm=OpenAILLM(
                model=MODEL,
                base_url=url,
                api_key="none",
                max_retries=6,
                timeout=600,
                generation_kwargs={"max_new_tokens": 4096},
            ),
            input_batch_size=batch,
            resources=StepResources(replicas=-(-int(concurrency) // batch)),
            add_raw_input=False,
            add_raw_output=False,
        )
        load >> write
    made = pipeline.run(use_cache=True)["default"]["train"]
    Path(folder).mkdir(parents=True, exist_ok=True)
    for row in made:
        if row["generation"]:
            Path(folder, f"{row['number']:05d}.txt").write_text(row["generation"])


if __name__ == "__main__":
    main()
