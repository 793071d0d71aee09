"""A clinic's own copy of the notebooks: it reads the clinic's file, is kept when changed, and JupyterLab shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outcomes.errors import ExportError
from outcomes.pages.lab import FIRST, jupyter_command, jupyter_environment, run_to_first_chart, working_copy
from outcomes.pages.notebooks import notebooks
from outcomes.simulate.sessions import simulate_sessions


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("records") / "visits, ours.csv"
    simulate_sessions(60, seed=3)[0].to_csv(path, index=False)
    return path


def _code(path: Path) -> str:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_every_notebook_is_copied_and_reads_the_clinic_s_file(records, tmp_path):
    made = working_copy(records, tmp_path / "ours")
    assert [path.name for path in made] == [path.name for path in notebooks()]
    for path in made:
        assert f"data = {str(records)!r}" in _code(path)
        assert "demo_sessions" not in _code(path)


def test_what_was_changed_is_kept(records, tmp_path):
    changed = working_copy(records, tmp_path)[3]
    changed.write_text("mine")
    (tmp_path / f"{FIRST}.ipynb").unlink()
    assert [path.stem for path in working_copy(records, tmp_path)] == [FIRST]
    assert changed.read_text() == "mine"


def test_a_mapping_is_read_with_the_records(records, tmp_path):
    (mapping := tmp_path / "clinic.toml").write_text("")
    for given, said in ((mapping, str(mapping.resolve())), ("google-forms", "google-forms")):
        copies = working_copy(records, tmp_path / f"with {Path(given).stem}", given)
        assert all(f"oc.read_sessions(data, mapping={said!r})" in _code(path) for path in copies)


def test_a_file_in_the_place_of_the_folder_is_refused(records, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ExportError, match="is a file"):
        working_copy(records, tmp_path / "taken")


def test_the_first_notebook_shows_its_first_chart_with_its_alt_text_in_jupyterlab(
    records, tmp_path, monkeypatch
):
    """Driven in a browser: the chart is there before anything is run, and no news is asked about."""
    browser = shutil.which("chromium")
    if browser is None:
        if os.environ.get("OUTCOMES_REQUIRE_ALL") == "1":
            pytest.fail("no Chromium")
        pytest.skip("no Chromium")
    from playwright.sync_api import sync_playwright

    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME"):
        (tmp_path / name.lower()).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    working_copy(records, tmp_path / "ours")
    run_to_first_chart(tmp_path / "ours" / f"{FIRST}.ipynb")
    server = subprocess.Popen(
        [*jupyter_command(tmp_path / "ours", browser=False), "--allow-root", "--ServerApp.port=0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=jupyter_environment(),
    )
    try:
        said = ""
        until = time.monotonic() + 120
        while not (found := re.search(r"http://127\.0\.0\.1:\d+/lab/tree/\S+token=\w+", said)):
            assert time.monotonic() < until, said
            assert server.poll() is None, said
            said += server.stderr.readline() if server.stderr else ""
        with sync_playwright() as play:
            opened = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = opened.new_page()
            page.goto(found[0])
            image = page.locator(".jp-OutputArea img[alt*='pain relief']").first
            image.wait_for(timeout=120_000)
            assert (image.get_attribute("alt") or "").endswith(".")
            assert page.locator(".jp-Dialog, .Toastify__toast").all_text_contents() == []
            opened.close()
    finally:
        server.terminate()
        server.communicate(timeout=60)


def test_the_command_stays_on_this_machine():
    command = jupyter_command(Path("x"))
    assert command[0] == sys.executable
    assert "--ServerApp.ip=127.0.0.1" in command
