"""What the tests of 07 share."""

from types import SimpleNamespace

import pytest

from recipe_pipeline.evaluation import answers


@pytest.fixture(autouse=True)
def no_garbage_collection(monkeypatch):
    """No model is loaded, and with torch in the process a collection takes 0.3 s."""
    monkeypatch.setattr(answers, "gc", SimpleNamespace(collect=lambda: None))
