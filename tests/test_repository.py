"""The repository keeps its own promises: bounds in step, locks that name no index, imports that run one way."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"ibis-framework": "ibis-duckdb", "duckdb": "python-duckdb", "jupyter-client": "jupyter_client"}
# Lowest first: a module imports only from rows above its own.
LOOKS_DOWN = {("moment_sums", "mixed")}  # `Moments.fit()`: the contract puts the fit on the reduction
LAYERS = [
    "errors",
    "reference_data",
    "measures conditions",
    "columns",
    "rules",
    "schema",
    "folder",
    "problems",
    "sources",
    "identifiers",
    "identity",
    "mapping",
    "typed",
    "records",
    "scan",
]


@cache
def _modules() -> dict[str, ast.Module]:
    return {
        path.stem: ast.parse(path.read_text(encoding="utf-8"))
        for path in (ROOT / "src/outcomes").glob("*.py")
    }


def _imports(tree: ast.Module) -> set[str]:
    """Modules of the package that a module imports, at the top or inside a function; not those for types alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "outcomes":
            parts = node.module.split(".")
            names |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return names


def test_environment_yml_has_the_bounds_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"python" + project["requires-python"]}
    for requirement in project["dependencies"]:
        name, bound = re.fullmatch(r"([a-z0-9-]+)(?:\[[a-z]+\])?(>=.+)", requirement).groups()
        wanted.add(CONDA_NAMES.get(name, name) + bound)
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert wanted == {line for line in conda if isinstance(line, str) and line != "pip"}


def test_every_dependency_has_a_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *(line for extra in extras.values() for line in extra)]:
        assert ">=" in requirement, requirement


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-spark.lock"])
def test_lock_is_pinned_hashed_and_names_no_index(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert all(re.match(r"^[a-z0-9._-]+(\[[a-z,]+\])?==\S+", pin) for pin in pins)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
    assert not any("://" in line or "index-url" in line or "find-links" in line for line in lines)


def test_imports_run_one_way() -> None:
    """No cycle anywhere, counting imports inside functions, and the listed order kept below."""
    graph = {name: _imports(tree) & set(_modules()) - {name} for name, tree in _modules().items()}
    graph.pop("__init__")
    for name, other in LOOKS_DOWN:
        graph[name].discard(other)
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"imports turn back: {' -> '.join([*path, name])}"
        if name not in done:
            for other in sorted(graph.get(name, ())):
                visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())
    rank = {name: level for level, row in enumerate(LAYERS) for name in row.split()}
    for name, others in graph.items():
        for other in others:
            if name in rank and other in rank:
                assert rank[other] < rank[name], f"{name} imports {other}, which stands beside or above it"


def test_importing_the_package_and_its_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, outcomes, outcomes.cli; "
        "print([m for m in ('pandas','matplotlib','ibis','numpy','narwhals','pandera') if m in sys.modules])"
    )
    done = subprocess.run([str(_python()), "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _python() -> str:
    import sys

    return sys.executable


def test_public_names_exist() -> None:
    import outcomes

    assert set(outcomes.__all__) == set(outcomes._HOMES)
    for name in outcomes.__all__:
        assert getattr(outcomes, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = outcomes.nonsense


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_are_thin_and_hold_no_output(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert max(len("".join(cell["source"]).splitlines()) for cell in code) <= 12
    assert any("parameters" in cell["metadata"].get("tags", []) for cell in code)
    assert "".join(cells[0]["source"]).startswith("# ")
    assert "page.export()" in "".join(code[-1]["source"])


def test_data_folder_ships_the_demo_alone() -> None:
    shipped = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True)
    if shipped.returncode == 0 and shipped.stdout:
        assert set(shipped.stdout.split()) <= {"data/demo_sessions.csv", "data/README.md"}
    assert (ROOT / "data/demo_sessions.csv").is_file()
