"""Scoring speed of 07: documents per second on one core.

    python -m benchmarks.score_documents DATASET.jsonl

DATASET is a dataset of 04 or lines of {"id", "text", "gold"}. The answers are the gold labels with every third
ingredient line altered, every fourth step dropped and every fifth answer cut off, so that the slow
paths (JSON repair, unsupported lines, parsing of amounts) are taken. Each post is scored once, in
one thread. Time is CPU time of the process, which other load on the machine disturbs less than
wall time.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from recipe_pipeline.evaluation.data import EvaluationDocument, load_documents
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.schema.reading import read_document


def damaged_answer(number: int, document: EvaluationDocument) -> str:
    """An answer as a mediocre model might give it."""
    recipes = []
    for recipe in read_document(document.gold).recipes:
        lines = [
            f"{line} or so" if i % 3 == 0 else line for i, line in enumerate(recipe.ingredients)
        ]
        steps = [step for i, step in enumerate(recipe.steps) if i % 4]
        recipes.append(
            {
                "@context": "https://schema.org",
                "@type": "Recipe",
                "name": recipe.name,
                "recipeYield": recipe.recipe_yield or "4 servings",
                "cookTime": "PT37M",
                "recipeIngredient": lines,
                "recipeInstructions": [{"@type": "HowToStep", "text": step} for step in steps],
            }
        )
    data = {} if not recipes else recipes[0] if len(recipes) == 1 else {"@graph": recipes}
    text = json.dumps(data, ensure_ascii=False)
    return text[: len(text) * 9 // 10] if number % 5 == 0 else text


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    args = parser.parse_args()
    documents = load_documents(args.dataset)
    answers = [damaged_answer(i, document) for i, document in enumerate(documents)]
    # Warm-up on an unrelated document: loads modules, regular expressions and parsers.
    warm_up = EvaluationDocument(
        "w", "Simmer ninety minutes", {"name": "a", "recipeIngredient": ["b 1"]}
    )
    for number in range(2):
        text = damaged_answer(number, warm_up).replace("PT37M", "PT91M")
        score_document(text, warm_up.gold, warm_up.post)
    started = time.process_time()
    for answer, document in zip(answers, documents, strict=True):
        score_document(answer, document.gold, document.post)
    seconds = time.process_time() - started
    characters = sum(len(document.post) for document in documents) / len(documents)
    print(
        f"{len(documents)} documents of {characters:,.0f} characters on average: "
        f"{len(documents) / seconds:,.0f} documents/s"
    )


if __name__ == "__main__":
    main()
