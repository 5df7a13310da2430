"""What tests of several folders use, and what makes all of them faster."""

import ssl

import pytest
from hypothesis import HealthCheck, settings

from tests.chromium import browser  # noqa: F401

# No limits of time, which a busy machine exceeds.
settings.register_profile(
    "tests", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def no_root_certificates():
    """Clients do not read the root certificates, 20 ms for each of them: no test uses TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
        yield
