"""Take the picture of the report page for docs/report.md, in headless Chromium: the key figures, and a journey."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1160, 1610
# What a picture needs not: other journeys, and what folds out.
HIDDEN = "nav, details, .source, #journey figure ~ figure, #comparison figure:nth-of-type(n + 3) { display: none }"


def main() -> int:
    """Take the picture; 2 where there is no page or no browser."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, help="the page, as identity-graph report --unmasked writes it")
    parser.add_argument("picture", type=Path, help="the PNG file")
    options = parser.parse_args()
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not options.page.is_file() or browser_path is None:
        missing = (
            f"page at {options.page}" if not options.page.is_file() else f"browser on PATH ({', '.join(BROWSERS)})"
        )
        print(f"There is no {missing}.", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(options.page.resolve().as_uri())
        page.wait_for_selector("html[data-drawn]")
        page.add_style_tag(content=HIDDEN)
        page.screenshot(path=options.picture)
        browser.close()
    print(f"{options.picture}: {options.picture.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
