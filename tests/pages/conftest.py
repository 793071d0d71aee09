"""The pages of the demo, made once for all files of tests that read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from outcomes.pages.run import run

DEMO = Path(__file__).resolve().parents[2] / "data/demo_sessions.csv"


@pytest.fixture(scope="session")
def demo(tmp_path_factory, worker_id) -> Path:
    """Folder of the demo's pages, as an owner gets them; workers share it."""
    base = tmp_path_factory.getbasetemp()
    out = (base if worker_id == "master" else base.parent) / "demo" / "exports"
    with FileLock(out.parent.with_suffix(".lock")):
        if not out.is_dir():
            run(DEMO, out)
    return out


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """What a page would display, as plain text."""
    texts: list[str] = []
    monkeypatch.setattr(
        "outcomes.pages.page.Page._display", staticmethod(lambda data, _: texts.append(data["text/plain"]))
    )
    return texts
