"""A real, headless Chromium for tests of pages.

Debian and Ubuntu: ``apt-get install chromium chromium-driver``. Elsewhere any Chrome with its driver
on the PATH serves.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
NEEDS_CHROMIUM = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (BROWSER and DRIVER),
        reason="no Chromium with chromedriver: apt-get install chromium chromium-driver",
    ),
]
"""``pytestmark`` of modules that open a browser."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A selenium driver that keeps the log of the page's console."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def look(browser: Any, width: int, scheme: str) -> None:
    """Show pages ``width`` pixels wide and in the colours of ``scheme`` (``light`` or ``dark``)."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    # The driver clicks where an element will be before a smooth scroll has brought it there.
    still = {"name": "prefers-reduced-motion", "value": "reduce"}
    features = [{"name": "prefers-color-scheme", "value": scheme}, still]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def find(page: Any, selector: str) -> Any:
    """The first element that fits the CSS selector."""
    return page.find_element("css selector", selector)
