"""Fixtures every test may ask for: where shared data lie, closed figures, fixed seeds."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

collect_ignore_glob = [
    "fuzz_reading.py",
    "faults.py",
    "planted_identifiers.py",
    "reference/*",
]  # programs, no tests
ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """Hear interrupts where the shell that started the tests, in the background, ignores them: some send them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def require_all() -> bool:
    """Whether a missing browser, JRE or shared data set is a failure rather than a skip."""
    return os.environ.get("OUTCOMES_REQUIRE_ALL") == "1"


def skip_or_fail(reason: str) -> None:
    """Skip with the reason, or fail under ``OUTCOMES_REQUIRE_ALL=1``."""
    if require_all():
        pytest.fail(f"OUTCOMES_REQUIRE_ALL=1 and {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_real() -> Path:
    """Folder of published trial data, one sub-folder a data set."""
    folder = Path(os.environ.get("OUTCOMES_SHARED", ROOT.parent / "shared")) / "real"
    if not folder.is_dir():
        skip_or_fail(f"the published trial data are not at {folder.name}/ beside the clone")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_501)


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    import sys

    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def only_books(monkeypatch, tmp_path_factory):
    """Call it with names of notebooks: there are no others then, whose tables a run for an owner would take as well."""
    import shutil

    import outcomes.pages.notebooks

    def only(*names: str) -> None:
        folder = tmp_path_factory.mktemp("books")
        for name in names:
            shutil.copy(ROOT / f"notebooks/{name}.ipynb", folder)
        monkeypatch.setattr(outcomes.pages.notebooks, "notebook_folder", lambda: folder)

    return only
