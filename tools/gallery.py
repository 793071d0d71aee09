"""Make `docs/gallery/` from a folder of pages: the owner's page as a browser shows it, and a chart of each question.

    .venv/bin/python tools/gallery.py exports docs/gallery

Pictures are reduced to a few tens of kilobytes each, so that they can be kept in git. The browser is Chromium; where it
is absent, the pictures of whole pages are left out.
"""

from __future__ import annotations

import shutil
import sys
from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

WIDTH, COLOURS = 900, 128
CHARTS = (
    "00_start_here-overall",
    "03_two_day-relief",
    "04_immediate_to_two_day-relation",
    "05_twitches-relations",
    "06_soreness-curve",
    "08_conditions-card_neck_pain",
    "10_sensitivity-specifications",
    "12_does_it_hurt-pain",
)
SCREENS = {
    "index": ("index.html", 1440, 900),
    "index-phone": ("index.html", 360, 780),
    "claims": ("09_claims.html", 1440, 900),
}
TITLES = {
    "index": "The owner's page",
    "index-phone": "The owner's page on a phone",
    "claims": "Does our website match our records?",
}


def reduced(picture: bytes, width: int = WIDTH) -> bytes:
    """A picture no wider than asked, in few colours."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def screens(pages: Path) -> Iterator[tuple[str, bytes]]:
    """Pages as a browser shows their first screen."""
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium")
    if browser is None:
        return
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (file, width, height) in SCREENS.items():
            page = opened.new_page(viewport={"width": width, "height": height})
            page.goto((pages / file).resolve().as_uri())
            yield name, page.screenshot()
        opened.close()


def described(pages: Path, chart: str) -> tuple[str, str]:
    """Title of the page a chart is on, and its alt text."""
    soup = BeautifulSoup((pages / f"{chart.partition('-')[0]}.html").read_text("utf-8"), "html.parser")
    heading = soup.select_one("main h1")
    picture = b64encode((pages / "charts" / f"{chart}.png").read_bytes()).decode()
    image = next(i for i in soup.select("img") if str(i.get("src", "")).endswith(picture))
    return heading.get_text(" ").strip(" ¶") if heading else "", str(image["alt"])


def main() -> None:
    """Write the pictures and the page that shows them."""
    pages, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    lines = ["# Gallery", "", "From the demo records, which are synthetic. Made by `make gallery`.", ""]
    for name, picture in screens(pages):
        (out / f"{name}.png").write_bytes(reduced(picture))
        lines += [f"## {TITLES[name]}", "", f"![{TITLES[name]}]({name}.png)", ""]
    for chart in CHARTS:
        (out / f"{chart}.png").write_bytes(reduced((pages / "charts" / f"{chart}.png").read_bytes()))
        title, alt = described(pages, chart)
        lines += [f"## {title}", "", f"![{alt}]({chart}.png)", ""]
    (out / "README.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
