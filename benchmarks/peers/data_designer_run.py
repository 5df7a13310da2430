"""NeMo Data Designer: one text column, checkpoints of 100 rows, resumed when run again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from work import MODEL, SYSTEM, USER, read_names

# Read when the package is imported: no telemetry, no files in the home folder.
os.environ.update(
    NEMO_TELEMETRY_ENABLED="false", DATA_DESIGNER_HOME=f"{sys.argv[-1]}.home", HF_HUB_OFFLINE="1"
)

import data_designer.config as dd
import pandas
from data_designer.interface import DataDesigner

CHECKPOINT = 100


def main() -> None:
    table, url, rows, concurrency, folder = sys.argv[1:]
    names = read_names(table, int(rows))
    model = dd.ModelConfig(
        alias="blogger",
        model=MODEL,
        provider="bench",
        skip_health_check=True,
        inference_parameters=dd.ChatCompletionInferenceParams(
            max_parallel_requests=int(concurrency), timeout=600
        ),
    )
    config = dd.DataDesignerConfigBuilder(model_configs=[model])
    seed = pandas.DataFrame({"number": range(len(names)), "name": names})
    config.with_seed_dataset(
        dd.DataFrameSeedSource(df=seed), sampling_strategy=dd.SamplingStrategy.ORDERED
    )
    config.add_column(
        dd.LLMTextColumnConfig(
            name="post",
            model_alias="blogger",
            system_prompt=SYSTEM,
            prompt=USER.format(name="{{ name }}"),
        )
    )
    designer = DataDesigner(
        artifact_path=f"{folder}.artifacts",
        model_providers=[dd.ModelProvider(name="bench", endpoint=url, api_key="none")],
    )
    designer.set_run_config(
        dd.RunConfig(
            buffer_size=CHECKPOINT,
            max_concurrent_row_groups=-(-int(concurrency) // CHECKPOINT) + 2,
            disable_early_shutdown=True,
            otel_metrics_port=None,
        )
    )
    made = designer.create(
        config, num_records=len(names), dataset_name="posts", resume=dd.ResumeMode.IF_POSSIBLE
    )
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number, post in made.load_dataset()[["number", "post"]].itertuples(index=False):
        Path(folder, f"{number:05d}.txt").write_text(post)


if __name__ == "__main__":
    main()
