"""What ``finetune.ipynb`` does beyond the pipeline: install, find the dataset, show results.

``tools/make_notebook.py`` copies these functions, and those of the other modules that they use,
into the notebook's cells. They run on Colab, on another notebook server and without a screen.
"""

from __future__ import annotations

import html
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.dataset.chat import strip_reasoning
from recipe_pipeline.evaluation.pairing import f1, same_name
from recipe_pipeline.models import modelfile
from recipe_pipeline.models.adapter import is_gemma, model_metadata, short_name
from recipe_pipeline.models.export import convert, merge_adapter
from recipe_pipeline.models.prompts import USER_TEMPLATE
from recipe_pipeline.schema.recipe import is_valid, recipes_in
from recipe_pipeline.text.match import align_lines, overlap
from recipe_pipeline.text.match import tokenise as words_of
from recipe_pipeline.training.settings import TrainingSettings

DRIVE = "/content/drive"

# --- machine -------------------------------------------------------------------------------------


def gpu_sentence() -> str:
    """One sentence on the graphics card, or on what to do when there is none."""
    # Asked of the driver: importing torch takes many seconds, and Unsloth wants to come first.
    query = [
        "nvidia-smi",
        "--query-gpu=name,memory.total,compute_cap",
        "--format=csv,noheader,nounits",
    ]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        name, megabytes, capability = (part.strip() for part in answer.splitlines()[0].split(","))
    except (OSError, subprocess.CalledProcessError, IndexError, ValueError):
        return (
            "There is no GPU here. In Colab choose Runtime > Change runtime type > T4 GPU, then "
            "Runtime > Run all. Everything below also runs on a CPU, but takes hours, not minutes."
        )
    text = f"{name} with {float(megabytes) / 1024:.0f} GB of memory: good."
    if float(capability) < 8:  # bf16 came with the Ampere generation
        text += " It has no bf16, so training runs in float32; for a model this small that is fine."
    return text


def not_installed(requirements: Iterable[str]) -> list[str]:
    """Those of ``requirements`` (``name>=1,<=2``) that this Python lacks or has in another version."""
    from packaging.requirements import Requirement

    wanted = []
    for text in requirements:
        requirement = Requirement(text)
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            wanted.append(text)
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            wanted.append(text)
    return wanted


def install(requirements: Mapping[str, str], *pip_options: str) -> None:
    """``pip install`` what is missing, without touching the installed torch.

    ``requirements``: what is fine if it is there already (``name>=1,<3``), and the tested version
    that is installed otherwise ("" for any). Colab's torch is built for Colab's GPU driver; pip
    would replace it by its own choice, a download of several gigabytes, so its exact version is
    given to pip as a constraint.
    """
    missing = not_installed(requirements)
    if not missing:
        print("Everything is installed already.")
        return
    names = [re.split(r"[<>=!~]", text)[0] for text in missing]
    versions = [requirements[text] for text in missing]
    wanted = [f"{n}=={v}" if v else n for n, v in zip(names, versions, strict=True)]
    keep = []
    for package in ("torch", "torchvision", "torchaudio"):
        try:
            keep.append(f"{package}=={importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "keep.txt")
        constraints.write_text("\n".join(keep))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint"]
        process = subprocess.run(
            [*command, str(constraints), *pip_options, *wanted], capture_output=True, text=True
        )
    if process.returncode:
        raise RuntimeError(f"pip could not install {', '.join(wanted)}:\n{process.stderr.strip()}")
    importlib.invalidate_caches()  # this very process imports them next
    print("Installed", ", ".join(wanted))


# --- errors and folders --------------------------------------------------------------------------


def show_errors_in_one_line() -> None:
    """Let a notebook show a PipelineError as its sentence, without the traceback.

    The sentences speak of the scripts' flags; the form has the same names with underscores.
    """

    def sentence(error: PipelineError) -> list[str]:
        words = str(error).split(" ")
        named = [w[2:].replace("-", "_") if w.startswith("--") else w for w in words]
        return ["Stopped: " + " ".join(named)]

    PipelineError._render_traceback_ = sentence


def work_folder(use_drive: bool, drive_folder: str) -> Path:
    """Where checkpoints and results go: a folder on Google Drive, which outlives the session, or
    the current folder. Raises PipelineError when Drive is asked for outside Colab."""
    if not use_drive:
        return Path.cwd()
    try:
        from google.colab import drive
    except ImportError as error:
        raise PipelineError(
            "use_drive works on Google Colab only: switch it off to keep everything in this folder"
        ) from error
    drive.mount(DRIVE)
    folder = Path(drive_folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_dataset(name: str, work: Path) -> Path:
    """The dataset file: in the current folder, in ``work``, beside it (the top of Drive), or uploaded.

    Raises PipelineError when it is nowhere and none is uploaded.
    """
    given = Path(name).expanduser()
    for file in (given, given.with_stem(f"{given.stem}_train")):  # 04 --split makes two files
        for path in (file, work / file.name, work.parent / file.name):
            if path.is_file():
                return path
    try:
        from google.colab import files
    except ImportError:
        uploaded = {}
    else:
        print(f"There is no {given.name} here yet: please choose it.")
        uploaded = files.upload()
    for file_name in uploaded:
        if file_name.endswith(".jsonl"):
            return Path(file_name)
    raise PipelineError(
        f"no dataset: upload {given.name} (made by 04_generate_finetuning_dataset.py) to the "
        "Files panel on the left, or give its path as dataset in the settings"
    )


# --- the dataset ---------------------------------------------------------------------------------


def post_of(chat: Sequence[dict[str, str]]) -> str:
    """The post of an example, without the request in front of it."""
    content = next(m["content"] for m in reversed(chat) if m["role"] == "user")
    return content.removeprefix(USER_TEMPLATE.format(post=""))


def label_of(chat: Sequence[dict[str, str]]) -> dict[str, Any] | None:
    """The expected recipe of an example (``{}`` for none, None if it is no JSON object)."""
    data, strict = parse_json(chat[-1]["content"])
    return data if strict else None


def parse_json(answer: str) -> tuple[dict[str, Any] | None, bool]:
    """``(object, strict)``: the JSON object of an answer, repaired if need be (None if there is
    none), and whether the answer was just that object. A think trace in front does not count."""
    text = strip_reasoning(answer).strip()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        from json_repair import repair_json

        data = repair_json(text[text.find("{") :], return_objects=True) if "{" in text else None
        return (data if isinstance(data, dict) else None), False
    return (data, True) if isinstance(data, dict) else (None, False)


def dataset_summary(chats: Sequence[list[dict[str, str]]]) -> str:
    """What is in the dataset, and what looks wrong with it, in a few lines."""
    labels = [label_of(chat) for chat in chats]
    posts = [post_of(chat) for chat in chats]
    lengths = sorted(len(post) for post in posts)
    reasoning = sum(strip_reasoning(chat[-1]["content"]) != chat[-1]["content"] for chat in chats)
    rows = [
        ("examples", len(chats)),
        ("with a valid recipe", sum(bool(label) and is_valid(label) for label in labels)),
        ("of several recipes", sum(len(recipes_in(label or {})) > 1 for label in labels)),
        ("without a recipe ({})", sum(label == {} for label in labels)),
        ("with an invalid label", sum(label is None or not is_valid(label) for label in labels)),
        ("posts that repeat another", len(posts) - len(set(posts))),
        ("with a think trace (left out)", reasoning),
        ("characters of the median post", lengths[len(lengths) // 2]),
        ("characters of the longest post", lengths[-1]),
    ]
    return "\n".join(f"{name:<32}{number:>8,}" for name, number in rows)


def example_text(chat: Sequence[dict[str, str]], characters: int = 700) -> str:
    """The beginning of an example's post and of its label, to look at."""
    post = post_of(chat).strip()
    label = json.dumps(label_of(chat), ensure_ascii=False, indent=2)
    return f"{_shortened(post, characters)}\n\n  -> {_shortened(label, characters)}\n{'-' * 80}"


def _shortened(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[:characters].rstrip() + " [...]"


# --- results -------------------------------------------------------------------------------------


def answer_posts(generator: Any, posts: Sequence[str], max_new_tokens: int) -> list[str]:
    """The raw answers of a model to ``posts``, with a progress bar."""
    from tqdm.auto import tqdm

    with tqdm(total=len(posts), unit="post") as progress:
        return generator.generate(posts, max_new_tokens, lambda position, answer: progress.update())


def score_answer(answer: str, label: dict[str, Any]) -> dict[str, float]:
    """Scores from 0 to 1 of one answer; only those that apply to this ``label`` are there.

    The definitions are those of ``07_evaluate.py``. Several recipes in one post count together.
    """
    data, strict = parse_json(answer)
    scores = {
        "valid JSON": float(strict),
        "valid schema.org Recipe": float(strict and is_valid(data)),
    }
    found, wanted = recipes_in(data or {}), recipes_in(label)
    if not wanted:
        return {**scores, "no recipe recognised": float(data is not None and not found)}
    name, right_name = (str(r[0].get("name") or "") if r else "" for r in (found, wanted))
    lines, right_lines = _all(found, "recipeIngredient"), _all(wanted, "recipeIngredient")
    steps, right_steps = _all(found, "recipeInstructions"), _all(wanted, "recipeInstructions")
    words, right_words = ([w for s in x for w in words_of(s)] for x in (steps, right_steps))
    scores["name"] = float(same_name(name, right_name))
    if lines or right_lines:
        paired = len(align_lines(lines, right_lines))
        scores["ingredient F1"] = f1(paired, len(lines), len(right_lines))
    if words or right_words:
        scores["steps word F1"] = f1(overlap(words, right_words), len(words), len(right_words))
    return scores


def _all(recipes: Iterable[dict[str, Any]], key: str) -> list[str]:
    return [line for recipe in recipes for line in _lines(recipe.get(key))]


def _lines(value: Any) -> list[str]:
    """The texts of a list of strings, HowToSteps and HowToSections, in order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return _lines(value.get("itemListElement") or value.get("text"))
    if isinstance(value, list):
        return [line for item in value for line in _lines(item)]
    return []


def comparison_rows(
    answers: dict[str, Sequence[str]], labels: Sequence[dict[str, Any]]
) -> list[tuple[str, ...]]:
    """Table of mean scores: a header, then one row per score with one number per model.

    ``answers`` maps the name of a model to its answers, in the order of ``labels``.
    """
    scored = [
        [score_answer(answer, label) for answer, label in zip(of_model, labels, strict=True)]
        for of_model in answers.values()
    ]
    names = list(dict.fromkeys(name for scores in scored[0] for name in scores))
    rows = [("score (1 is best)", *answers, "posts")]
    for name in names:
        values = [[scores[name] for scores in of_model if name in scores] for of_model in scored]
        means = (f"{sum(v) / len(v):.3f}" for v in values)
        rows.append((name, *means, str(len(values[0]))))
    return rows


def table_html(rows: Sequence[Sequence[str]]) -> str:
    """``rows`` as an HTML table, the first one as its header. Everything is escaped."""
    lines = [
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(["th", *["td"] * (len(rows) - 1)], rows, strict=True)
    ]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def side_by_side_html(post: str, answers: dict[str, str]) -> str:
    """A post and what each model made of it, in columns. Everything is escaped."""
    columns = {"post": post, **{name: readable_answer(text) for name, text in answers.items()}}
    style = "white-space:pre-wrap;text-align:left;vertical-align:top;font-size:90%"
    heads = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    cells = "".join(f'<td style="{style}">{html.escape(t)}</td>' for t in columns.values())
    return f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"


def readable_answer(answer: str) -> str:
    """An answer for people: indented JSON, or what it is instead."""
    data, _ = parse_json(answer)
    if data is None:
        return f"(no JSON)\n{_shortened(answer, 2000)}"
    if not recipes_in(data):
        return "{}  (no recipe in this text)"
    note = "" if is_valid(data) else "\n(not valid by the schema)"
    return json.dumps(data, ensure_ascii=False, indent=2) + note


def post_box(answer: Callable[[str], str], example: str) -> Any:
    """A text box for a post, a button and the answer below; ``answer`` takes a post."""
    import ipywidgets as widgets

    text = widgets.Textarea(value=example, layout=widgets.Layout(width="100%", height="240px"))
    button = widgets.Button(description="Extract the recipe", button_style="primary")
    result = widgets.HTML()

    def extract(_: Any) -> None:
        result.value = "working ..."
        result.value = f"<pre>{html.escape(readable_answer(answer(text.value)))}</pre>"

    button.on_click(extract)
    extract(button)
    return widgets.VBox([text, button, result])


# --- results to keep -----------------------------------------------------------------------------


def export_model(
    settings: TrainingSettings, system_prompt: str, quantization: str = "Q8_0"
) -> Path:
    """Merge the adapter into its base, write it as GGUF with a Modelfile; returns the folder."""
    folder = Path(f"{settings.save_dir}-gguf")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{short_name(settings.model_name)}-recipe-extractor-{quantization}.gguf"
    # Merging takes four bytes per weight: in the session's own disk, not in the user's Drive.
    with tempfile.TemporaryDirectory() as work:
        merged = Path(work, "model")
        merge_adapter(Path(settings.save_dir), settings.model_name, merged)
        metadata = model_metadata(settings.model_name, quantization)
        convert(merged, Path(work, name), quantization, metadata)
        shutil.copy(Path(work, name), folder / name)
    text = modelfile.render(
        name,
        system_prompt,
        context_length=max(modelfile.DEFAULT_CONTEXT, settings.max_seq_length),
        license_text=modelfile.GEMMA_NOTICE if is_gemma(settings.model_name) else None,
    )
    write_atomic(folder / "Modelfile", text)
    return folder


def offer_download(folder: Path) -> Path:
    """Pack ``folder`` into a zip file beside it and let Colab's browser download it."""
    archive = Path(shutil.make_archive(str(folder), "zip", folder))
    try:
        from google.colab import files
    except ImportError:
        print(f"Packed {archive}")
    else:
        files.download(str(archive))
    return archive
