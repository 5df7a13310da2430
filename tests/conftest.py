"""What makes all tests faster."""

import ssl

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_root_certificates():
    """Clients do not read the root certificates, 20 ms for each of them: no test uses TLS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
        yield
