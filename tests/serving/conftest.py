"""Fixtures of the tests of the server."""

import pytest

from tests.extraction.conftest import site  # noqa: F401
from tests.serving.kitchen import serving


@pytest.fixture(scope="module")
def server():
    """One server for the tests of a module that do not change it."""
    with serving() as running:
        yield running
