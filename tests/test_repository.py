"""The repository keeps its own promises: bounds in step, locks that name no index, imports that run one way."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src/outcomes"
MODULES = sorted(SOURCE.rglob("*.py"))
CONDA_NAMES = {
    "ibis-framework": "ibis-duckdb",
    "duckdb": "python-duckdb",
    "jupyter-client": "jupyter_client",
}


def test_environment_yml_has_the_bounds_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"python" + project["requires-python"]}
    for requirement in [*project["dependencies"], *project["optional-dependencies"]["app"]]:
        name, bound = re.fullmatch(r"([a-z0-9-]+)(?:\[[a-z]+\])?(>=.+)", requirement).groups()
        wanted.add(CONDA_NAMES.get(name, name) + bound)
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert wanted == {line for line in conda if isinstance(line, str) and line != "pip"}


def test_every_dependency_has_a_lower_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *(line for extra in extras.values() for line in extra)]:
        assert ">=" in requirement, requirement


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-spark.lock", "requirements-site.lock"])
def test_lock_is_pinned_hashed_and_names_no_index(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert all(re.match(r"^[a-z0-9._-]+(\[[a-z,-]+\])?==\S+", pin) for pin in pins)
    assert sum("--hash=sha256:" in line for line in lines) >= len(pins)
    assert not any("://" in line or "index-url" in line or "find-links" in line for line in lines)


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

    assert len(outcomes.__all__) > 60
    for name in outcomes.__all__:
        assert getattr(outcomes, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
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


def test_the_picture_of_the_house_is_that_of_the_contract() -> None:
    tool = _tool("architecture")
    page = tool.PAGE.read_text(encoding="utf-8")
    assert tool.page_with_house(page) == page, "run python tools/architecture.py"


def test_every_step_of_the_walk_and_every_finding_place_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    steps = re.findall(r"\| `([\w/]+\.py)` \| `(\w+)` \|", page) + re.findall(
        r"\| `([\w/]+\.py)`, `(\w+)`", page
    )
    assert len(steps) >= 14
    for file, function in steps:
        source = (ROOT / "src/outcomes" / file).read_text(encoding="utf-8")
        found = re.search(rf"^(?:def {function}\(|class {function}\b|{function}\b)", source, re.MULTILINE)
        assert found, f"{file} has no {function}"
    for file in re.findall(r"`((?:record|reference|disclosure|words|questions)/[\w/]+\.\w+)`", page):
        assert (ROOT / "src/outcomes" / file).is_file(), file


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_modules_and_functions_are_short(path: Path) -> None:
    """No module over 400 lines; no function over 60, its docstring not counted."""
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            described = node.body[0] if ast.get_docstring(node) else None
            lines = (node.end_lineno or 0) - node.lineno + 1
            if described is not None:
                lines -= (described.end_lineno or 0) - described.lineno + 1
            assert lines <= 60, node.name


def _test_of(module: Path) -> list[Path]:
    """Where the test of a module may stand: in its folder under tests/; that of sentences also with their question."""
    folders = [module.parent, *([module.parents[1]] if module.parent.name == "sentences" else [])]
    return [ROOT / "tests" / folder.relative_to(SOURCE) / f"test_{module.name}" for folder in folders]


def test_tests_mirror_the_modules() -> None:
    modules = [path for path in MODULES if not path.name.startswith("__")]
    without = [path for path in modules if not any(place.is_file() for place in _test_of(path))]
    assert without == [], "a module needs a test of its name"


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
