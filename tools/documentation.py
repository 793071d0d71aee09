"""The documentation site: guide, methods, gallery, decisions and the reference from the docstrings, as plain files.

    python tools/documentation.py build/site

The Markdown files keep their places, so that their links lead on the site where they lead in the repository. Built by
MkDocs in strict mode: a link or an anchor that leads nowhere ends the build. The site asks nothing of other hosts.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ALONE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "benchmarks/README.md", "data/README.md")
REFERENCE = "docs/reference"
SEARCH_IN_A_FOLDER = "assets/iframe-worker.js"
"""Without it the theme would fetch the same script from another host."""
SETTINGS: dict[str, Any] = {
    "site_name": "outcomes",
    "site_description": "Outcome tracking for dry-needling clinics",
    "use_directory_urls": False,  # so that it can be read from a folder
    "theme": {
        "name": "material",
        "font": False,
        "features": ["navigation.indexes", "navigation.top", "content.code.copy"],
        "palette": [
            {"media": "(prefers-color-scheme: light)", "scheme": "default", "primary": "indigo"},
            {"media": "(prefers-color-scheme: dark)", "scheme": "slate", "primary": "indigo"},
        ],
    },
    "extra": {"generator": False, "polyfills": [SEARCH_IN_A_FOLDER]},
    "plugins": ["search", "offline"],
    "markdown_extensions": ["tables", "fenced_code", "attr_list", {"toc": {"permalink": True}}],
    "validation": {
        "links": dict.fromkeys(("not_found", "anchors", "absolute_links", "unrecognized_links"), "warn")
    },
}


def build(out: Path) -> None:
    """Build the site into a folder, which is replaced."""
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder, "pages")
        gather(pages)
        write_decisions(pages / "docs/decisions")
        write_reference(pages / REFERENCE)
        settings = {**SETTINGS, "docs_dir": str(pages), "site_dir": str(out.resolve()), "nav": nav(pages)}
        (config := Path(folder, "mkdocs.yml")).write_text(yaml.safe_dump(settings), encoding="utf-8")
        quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # the theme speaks of other versions of MkDocs
        command = [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "-f",
            str(config),
        ]  # --quiet counts none
        done = subprocess.run(command, env=quiet, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit("\n".join(line for line in done.stderr.splitlines() if not line.startswith("INFO")))


def gather(pages: Path) -> None:
    """Copy the Markdown files and their pictures to where they stand in the repository."""
    shutil.copytree(ROOT / "docs", pages / "docs")
    for name in ALONE:
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, pages / name)
    (pages / SEARCH_IN_A_FOLDER).parent.mkdir()
    shutil.copy(ROOT / "tools/site/iframe-worker.js", pages / SEARCH_IN_A_FOLDER)
    for path in pages.rglob("*.md"):
        path.write_text(as_markdown(path.read_text("utf-8")), encoding="utf-8")


def as_markdown(text: str) -> str:
    """Markdown as GitHub reads it, for Python-Markdown: blank lines before lists, no drawing that needs a script."""
    text = text.replace("](docs/decisions/)", "](docs/decisions/index.md)")
    text = re.sub(r"```mermaid\n(.*?)```", _rooms, text, flags=re.DOTALL)
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        before = lines[-1] if lines else ""
        begins = re.match(r"([-*]|\d+\.) ", line) and before and not re.match(r"([-*]|\d+\.) |  ", before)
        if begins and not fenced:
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _rooms(drawing: re.Match[str]) -> str:
    rows = re.findall(r"<b>(.*?)</b><br/>(.*?)\"", drawing[1])
    return "\n".join(
        ["| room | what it does |", "|---|---|", *(f"| `{room}` | {does} |" for room, does in rows)]
    )


def nav(pages: Path) -> list[dict[str, Any]]:
    """The contents of the site, each page by its own title."""

    def folder(name: str) -> list[str]:
        found = sorted(path.relative_to(pages).as_posix() for path in (pages / name).glob("*.md"))
        return sorted(found, key=lambda path: not path.endswith("index.md"))

    return [
        {"Start": "README.md"},
        {
            "Guide": [
                f"docs/{name}.md"
                for name in ("intake", "privacy", "pooling", "scale", "reduction-format", "reporting")
            ]
        },
        {"Methods": ["docs/methods.md", *folder("docs/methods")]},
        {"Gallery": "docs/gallery/README.md"},
        {"Simulations": folder("docs/simulations")},
        {"Decisions": folder("docs/decisions")},
        {"Reference": folder(REFERENCE)},
        {
            "Development": [
                *("CONTRIBUTING.md", "docs/architecture.md", "docs/faults.md", "docs/reading-grade.md"),
                *("benchmarks/README.md", "data/README.md", "CHANGELOG.md"),
            ]
        },
    ]


def write_decisions(folder: Path) -> None:
    """List the decisions by their titles."""
    titles = {path.name: path.read_text("utf-8").splitlines()[0] for path in sorted(folder.glob("*.md"))}
    lines = [f"- [{title.lstrip('# ')}]({name})" for name, title in titles.items()]
    (folder / "index.md").write_text("\n".join(["# Decisions", "", *lines, ""]), encoding="utf-8")


def write_reference(folder: Path) -> None:
    """A page for the names of ``outcomes`` itself, and one for each of its public modules."""
    outcomes = importlib.import_module("outcomes")
    folder.mkdir()
    names = {name: getattr(outcomes, name) for name in outcomes.__all__}
    modules = {name: thing for name, thing in names.items() if inspect.ismodule(thing)}
    own = {name: thing for name, thing in names.items() if name not in modules and callable(thing)}
    links = "\n".join(f"- [`{name}`]({name}.md): {_first(thing)}" for name, thing in sorted(modules.items()))
    body = "\n\n".join(described(f"outcomes.{name}", thing) for name, thing in sorted(own.items()))
    parts = [
        "# Reference",
        "Usually `import outcomes as oc`.",
        "## Modules",
        links,
        "## Functions and classes",
        body,
    ]
    (folder / "index.md").write_text("\n\n".join([*parts, ""]), encoding="utf-8")
    for name, module in modules.items():
        parts = [described(f"{name}.{one}", thing) for one, thing in _public(module)]
        said = as_text(inspect.getdoc(module) or "")
        (folder / f"{name}.md").write_text("\n\n".join([f"# {name}", said, *parts, ""]), encoding="utf-8")


def _public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name in sorted(getattr(module, "__all__", ())):
        thing = getattr(module, name)
        if callable(thing) and inspect.getdoc(thing):
            yield name, thing


def _first(thing: Any) -> str:
    return as_text((inspect.getdoc(thing) or "").split("\n\n")[0]).replace("\n", " ")


def described(name: str, thing: Any) -> str:
    """A function or a class: how it is called, and its docstring; of a class its methods too."""
    parts = [f"### {name}", f"```python\n{_called(name, thing)}\n```", as_text(inspect.getdoc(thing) or "")]
    if inspect.isclass(thing):
        for method, function in sorted(vars(thing).items()):
            if not method.startswith("_") and inspect.isfunction(function) and inspect.getdoc(function):
                parts += [f"#### {name}.{method}", as_text(inspect.getdoc(function) or "")]
    return "\n\n".join(parts)


def _called(name: str, thing: Any) -> str:
    try:
        signature = inspect.signature(thing)
    except ValueError:
        return name
    short = name + re.sub(r"(: |-> )'(.*?)'(?=[,)]| =|$)", r"\1\2", str(signature))
    if len(short) <= 88:
        return short
    inside, keyword = [], False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword:
            keyword = True
            inside.append("*")
        inside.append(re.sub(r": '(.*?)'(?= =|$)", r": \1", str(parameter)))
    answer = "" if signature.return_annotation is signature.empty else f" -> {signature.return_annotation}"
    return f"{name}(\n" + "".join(f"    {one},\n" for one in inside) + f"){answer}"


def as_text(docstring: str) -> str:
    """A numpydoc docstring as Markdown: sections as bold words, their entries as lists, examples as code."""
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?([\w]+)`", r"`\1`", docstring)
    text = re.sub(r"``(.+?)``", r"`\1`", text)
    pieces = re.split(r"^(\w[\w ]*)\n-{3,}\n", text, flags=re.MULTILINE)
    parts = [pieces[0].strip()]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        parts += [f"**{title}**", _section(title, body)]
    return "\n\n".join(parts)


def _section(title: str, body: str) -> str:
    if title == "Examples":
        return f"```python\n{body.strip()}\n```"
    if title not in ("Parameters", "Returns", "Raises", "Attributes", "Yields"):
        return body.strip()
    lines: list[str] = []
    for line in body.strip().splitlines():
        if line and not line.startswith(" "):
            name, _, kind = line.partition(" : ")
            lines.append(f"- `{name.strip()}`" + (f": *{kind.strip()}*." if kind else ""))
        else:
            lines.append(f"    {line.strip()}" if line.strip() else "")
    return "\n".join(lines)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
