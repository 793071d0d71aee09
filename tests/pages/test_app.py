"""The app in a real browser: one server on a small clinic's file, reached by keys, asking nothing of other machines."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import matplotlib
import pytest

from conftest import skip_or_fail
from outcomes.exits import ended_in_order
from outcomes.pages.app import APP, NOTHING_ELSEWHERE, loop_until_signalled
from outcomes.simulate.sessions import simulate_sessions

SECONDS = 120_000


@dataclass
class Served:
    """An app that runs: its address with the token, its process, the folders it may write to."""

    address: str
    process: subprocess.Popen[str]
    folder: Path

    @property
    def origin(self) -> str:
        return self.address.partition("/?")[0]

    @property
    def token(self) -> str:
        return self.address.rpartition("=")[2]

    def left(self) -> list[str]:
        """Files in its temporary folder and at home."""
        found = [path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file()]
        return [path.as_posix() for path in found if path.parts[0] in ("tmp", "home")]


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    if find_spec("voila") is None:
        skip_or_fail("there is no Voila")
    folder = tmp_path_factory.mktemp("app")
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    simulate_sessions(40, seed=3)[0].to_csv(folder / "visits, ours.csv", index=False)
    fonts = matplotlib.get_cachedir()  # else it looks for all fonts anew
    own = {"HOME": folder / "home", "TMPDIR": folder / "tmp", "MPLCONFIGDIR": fonts}
    process = subprocess.Popen(
        [sys.executable, "-m", "outcomes", "app", folder / "visits, ours.csv", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **{name: str(path) for name, path in own.items()}, "PYTHONUNBUFFERED": "1"},
    )
    try:
        said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said)):
            line = process.stdout.readline() if process.stdout else ""
            assert line, process.communicate()[1]
            said += line
        yield Served(found[0], process, folder)
    finally:
        process.kill()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def opened(served) -> Iterator[tuple[Any, list[str]]]:
    """The page of one patient, reached from the start page by keys, and all it asked for on the way."""
    if (chromium := which("chromium")) is None:
        skip_or_fail("there is no chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page, asked = browser.new_page(viewport={"width": 1200, "height": 900}), []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(served.address)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("main img").first.wait_for(timeout=SECONDS)
        yield page, asked
        browser.close()


def test_no_request_leaves_the_machine(served, opened) -> None:
    page, asked = opened
    assert len(asked) > 20
    ours = (served.origin, served.origin.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(ours)] == []
    assert "https://" not in page.evaluate(
        "[...document.querySelectorAll('link, script')].map(e => e.outerHTML).join()"
    )


def test_charts_have_their_alt_text_and_code_is_not_shown(opened) -> None:
    page, _ = opened
    assert page.title().startswith("One patient")
    alts = [image.get_attribute("alt") or "" for image in page.locator("img").all()]
    assert alts
    assert [alt for alt in alts if not alt.endswith(".")] == []
    text = page.locator("body").inner_text()
    assert "measurement error" in text
    assert [word for word in ("import outcomes", "oc.", "audience =", "Traceback") if word in text] == []


def test_another_patient_is_chosen_with_keys_alone(opened) -> None:
    page, _ = opened
    before = page.locator("main img").first.get_attribute("src")
    patients = page.locator("select option").all_inner_texts()
    assert len(patients) == 40
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SELECT":
            break
    assert page.evaluate("document.activeElement.labels[0].innerText") == "Patient"
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "before => (document.querySelector('main img')?.src ?? before) !== before",
        arg=before,
        timeout=SECONDS,
    )
    assert page.locator("select").evaluate("select => select.selectedOptions[0].text") == patients[1]
    assert (page.locator("main img").first.get_attribute("alt") or "").endswith(".")


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(opened, width, scheme) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, _ = opened
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_is_told_without_the_token_nor_any_file_with_it(served) -> None:
    name = f"{APP[0]}.ipynb"
    for path in ("/", f"/voila/render/{name}", f"/voila/api/contents/{name}", f"/voila/files/{name}"):
        body = _answer(served.origin + path)
        assert "visits" not in body
        assert "sessions" not in body
    assert "visits, ours.csv" in _answer(served.address)
    assert "sessions" not in _answer(f"{served.origin}/voila/files/{name}?token={served.token}")


def _answer(address: str) -> str:
    try:
        answer = urllib.request.urlopen(address, timeout=60)
    except HTTPError as refused:
        answer = refused
    with answer:
        assert answer.status in (200, 403, 404)
        said = str(answer.headers["Content-Security-Policy"])  # a plain refusal is no page, and has none
        assert said.startswith(NOTHING_ELSEWHERE) or answer.status != 200
        return answer.read().decode()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_every_signal_that_ends_a_process_ends_the_loop(name, monkeypatch) -> None:
    asked: list[object] = []
    loop = SimpleNamespace(stop="stop", add_callback_from_signal=asked.append)
    monkeypatch.setattr("tornado.ioloop.IOLoop.current", lambda: loop)
    number = getattr(signal, name)
    with ended_in_order():  # which puts back the handlers
        signal.signal(number, signal.SIG_DFL)  # whatever the runner of the tests ignores
        assert loop_until_signalled() is loop
        signal.raise_signal(number)
    assert asked == ["stop"]


def test_closed_in_the_middle_of_a_page_it_leaves_nothing(served, opened) -> None:
    """The last test of this server: the kernels that hold the records go with it."""
    asked = f"{served.origin}/voila/render/{APP[0]}.ipynb?token={served.token}"
    with urllib.request.urlopen(asked, timeout=60) as page:
        page.read(200)  # a second kernel starts now
        assert [name for name in served.left() if name.endswith(".ipynb")] != []
        assert _processes_naming(served.folder, seconds=0) != []
        served.process.send_signal(signal.SIGINT)
        said, _ = served.process.communicate(timeout=60)
    assert (served.process.returncode, "left behind" in said) == (0, True)
    assert served.left() == []
    assert _processes_naming(served.folder) == []


def _processes_naming(folder: Path, seconds: int = 10) -> list[str]:
    """Command lines of processes, kernels among them, that name the folder; after some time to end."""
    until = time.monotonic() + seconds
    while True:
        lines = [_command(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
        named = [line for line in lines if str(folder) in line]
        if not named or time.monotonic() >= until:
            return named
        time.sleep(0.1)


def _command(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
