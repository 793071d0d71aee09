"""Stop, starve and misdirect `outcomes run`: the earlier export stays whole, no record is left, a rerun succeeds.

    .venv/bin/python tests/faults.py [--tries 200] [--seed 0] [--only signals] [--source SRC]

Every fault is tried so many times (a tenth as often where a try takes two runs), each time on an export that an earlier
run made, and prints a line: fault, tries, how many went wrong, and how. Exits 1 if one did. ``make faults`` runs it at
night; ``make test`` a small share. Small disks are mounted, so it has to run as root; ``--source`` tries another tree.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import outcomes as oc

SOURCE = Path(__file__).resolve().parents[1] / "src"
PAGES = ("--only", "09_claims", "--audience", "clinician")
"""One page, for inside the clinic: what is passed on takes the tables of all pages to protect one."""
PATIENTS = (40, 45)
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT, signal.SIGKILL)
OURS = {"out", "outcomes-history", "records.csv", "other.csv", "tmp", "tmp2", "home", "disk"}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass
class Scene:
    """A place with records, an earlier export, and folders of its own for home and temporary files."""

    base: Path
    source: Path = SOURCE
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @classmethod
    def furnished(cls, base: Path, source: Path = SOURCE) -> Scene:
        """Records and folders, and no export yet."""
        for name in ("tmp", "tmp2", "home"):
            (base / name).mkdir()
        for file, patients in zip(("records.csv", "other.csv"), PATIENTS, strict=True):
            oc.simulate_sessions(patients, seed=patients)[0].to_csv(base / file, index=False)
        return cls(base, source)

    @classmethod
    def made(cls, base: Path, source: Path = SOURCE) -> Scene:
        """Have an export made, and see how long that takes: on the second run; the first takes longer."""
        scene = cls.furnished(base, source)
        scene.expect(scene.ended(scene.start()), {0})
        started = time.monotonic()
        scene.expect(scene.ended(scene.start()), {0})
        scene.seconds = time.monotonic() - started
        if scene.wrong:
            raise SystemExit(f"an undisturbed run fails: {scene.wrong}")
        return scene

    @property
    def out(self) -> Path:
        return self.base / "out"

    @property
    def token(self) -> str:
        return f"OUTCOMES_FAULTS={self.base}"

    def start(
        self, *arguments: str | Path, before: tuple[str, ...] = (), file: str | Path = "", **environment: str
    ) -> subprocess.Popen[bytes]:
        asked = arguments or ("run", file or self.base / "records.csv", "--out", self.out, *PAGES)
        name, _, value = self.token.partition("=")
        own = {
            **os.environ, "PYTHONPATH": str(self.source), "TMPDIR": str(self.base / "tmp"),
            "HOME": str(self.base / "home"), name: value, **environment,
        }  # fmt: skip
        return subprocess.Popen(
            ["env", "--default-signal", *before, sys.executable, "-m", "outcomes", *map(os.fspath, asked)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=own,
            cwd=self.base,
            start_new_session=True,
        )

    def ended(self, process: subprocess.Popen[bytes], seconds: float = 600) -> tuple[int, str]:
        """Exit code and what was said, once it and all its processes have ended."""
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return 999, f"still running after {seconds} s"
        until = time.monotonic() + 30
        while (left := self._processes()) and time.monotonic() < until:
            time.sleep(0.05)
        if left:
            self.wrong.append(f"{len(left)} processes go on")
        return process.returncode, said.decode("utf-8", "replace")

    def _processes(self) -> list[str]:
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if self.token.encode() in environ.read_bytes().split(b"\0"):
                    found.append(environ.parent.name)
        return found

    # --- what has to hold afterwards ------------------------------------------------------------------------

    def expect(self, ended: tuple[int, str], codes: set[int]) -> int:
        code, said = ended
        if code not in codes:
            self.wrong.append(f"exit code {code}: {said.strip().splitlines()[-1:]}")
        if "Traceback" in said:
            self.wrong.append(f"a traceback: {said.strip().splitlines()[-1]}")
        return code

    def whole(self) -> dict[str, Any]:
        """The manifest of an export whose files are all as it says."""
        try:
            manifest: dict[str, Any] = json.loads((self.out / "manifest.json").read_text("utf-8"))
            broken = [name for name, digest in manifest["files"].items() if sha256(self.out / name) != digest]
        except (OSError, ValueError, KeyError) as error:
            self.wrong.append(f"no whole export: {type(error).__name__}")
            return {}
        if broken:
            self.wrong.append(f"{len(broken)} files of the export are not as made")
        return manifest

    def nothing_left(self) -> None:
        names = [*os.listdir(self.base / "tmp"), *os.listdir(self.base / "tmp2")]
        names += sorted(set(os.listdir(self.base)) - OURS)
        if names:
            self.wrong.append(f"left behind: {names[:4]}")

    def no_record_left(self) -> None:
        """After a kill nobody cleans up: but no file outside the export may hold a record or an unprotected table."""
        ids = oc.read_sessions(self.base / "records.csv")["session_id"].head(5).str.encode("utf-8").tolist()
        for path in self.base.rglob("*"):
            if path.parts[len(self.base.parts)] in ("records.csv", "other.csv", "out") or not path.is_file():
                continue
            if (
                path.suffix == ".kept"
                or path.name == "sessions.parquet"
                or any(i in path.read_bytes() for i in ids)
            ):
                self.wrong.append(f"records in {path.relative_to(self.base)}")

    def rerun(self) -> None:
        self.expect(self.ended(self.start()), {0})
        self.whole()
        self.nothing_left()


# --- faults ---------------------------------------------------------------------------------------------------------


def signals(scene: Scene, at: int) -> None:
    """A signal at a random moment, to the run alone or to all its processes, as a terminal sends it."""
    struck(scene, SIGNALS[at % len(SIGNALS)], at % 2 == 1)
    scene.rerun()


def struck(scene: Scene, number: signal.Signals, everybody: bool) -> None:
    """One signal at a random moment, to the run alone or to all its processes."""
    process = scene.start()
    time.sleep(random.uniform(0, scene.seconds * 1.1))
    (os.killpg if everybody else os.kill)(process.pid, number)
    killed = number == signal.SIGKILL
    scene.expect(scene.ended(process), {0, -number} if killed else {0, 128 + number, -number})
    scene.whole()
    if killed:
        scene.no_record_left()
    else:
        scene.nothing_left()


@contextlib.contextmanager
def small_disk(at: Path, options: str) -> Iterator[None]:
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(at)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def full_output(scene: Scene, at: int) -> None:
    """The disk of the export is full: earlier or later in the run."""
    held = sum(path.stat().st_size + 4096 for path in scene.out.rglob("*")) // 1024
    with small_disk(scene.base / "disk", f"size={held + 8 + at % 40 * held // 40}k"):
        shutil.copytree(scene.out, scene.base / "disk/out")
        there = Scene(scene.base / "disk", scene.source)
        ended = scene.ended(scene.start("run", scene.base / "records.csv", "--out", there.out, *PAGES))
        if scene.expect(ended, {0, 2}) == 2 and "full" not in ended[1]:
            scene.wrong.append(f"says {ended[1].strip().splitlines()[-1]}")
        there.whole()
        scene.wrong += there.wrong
        if os.listdir(scene.base / "disk") != ["out"]:
            scene.wrong.append(f"left behind: {os.listdir(scene.base / 'disk')}")


def full_temporary(scene: Scene, at: int) -> None:
    """The temporary folder has no room for data, or for names."""
    options = f"size={4 * (at % 20 + 1)}k" if at % 2 else f"nr_inodes={at % 20 // 2 + 1}"
    with small_disk(scene.base / "tmp", options):
        if not at % 2:
            with contextlib.suppress(OSError):
                (scene.base / "tmp/filler").write_bytes(b"x" * 100_000_000)
        scene.expect(scene.ended(scene.start()), {0, 2})
        scene.whole()
        if set(os.listdir(scene.base / "tmp")) - {"filler"}:
            scene.wrong.append("left behind in the full folder")


def memory(scene: Scene, at: int) -> None:
    """Less memory than the libraries want."""
    limit = f"--as={300_000_000 + at % 28 * 100_000_000}"
    scene.expect(scene.ended(scene.start(before=("prlimit", limit))), {0, 2})
    scene.whole()
    scene.nothing_left()


def two_at_once(scene: Scene, _: int) -> None:
    """Two runs into one folder, each with a temporary folder of its own."""
    first = scene.start()
    time.sleep(random.uniform(0, scene.seconds))
    second = scene.start(TMPDIR=str(scene.base / "tmp2"))
    codes = {scene.expect(scene.ended(process), {0, 2}) for process in (first, second)}
    if 0 not in codes:
        scene.wrong.append("neither run came to its end")
    scene.whole()
    scene.nothing_left()


def replaced_input(scene: Scene, _: int) -> None:
    """The records are replaced while the run reads them: the export says which it is of, truly."""
    live = scene.base / "tmp2" / "live.csv"
    shutil.copy(scene.base / "records.csv", live)
    asked = ("run", live, "--out", scene.out, *PAGES, "--audience", "clinician")
    process = scene.start(*asked)
    time.sleep(random.uniform(0, scene.seconds * 0.7))
    shutil.copy(scene.base / "other.csv", scene.base / "tmp2/new.csv")
    os.replace(scene.base / "tmp2/new.csv", live)
    scene.expect(scene.ended(process), {0, 2})
    manifest = scene.whole()
    true = {
        sha256(scene.base / name): n for name, n in zip(("records.csv", "other.csv"), PATIENTS, strict=True)
    }
    if manifest and true.get(manifest["input"]["sha256"]) != manifest["patients"]:
        scene.wrong.append("the hash is of other records than the pages")
    live.unlink()
    scene.nothing_left()


def damaged(scene: Scene, at: int) -> None:
    """A file of the earlier export was damaged or altered: remade, or refused in words."""
    names = sorted(path for path in scene.out.rglob("*") if path.is_file())
    victim = names[at % len(names)]
    content = victim.read_bytes()
    victim.write_bytes((content[: len(content) // 2], b"\xff\x00 altered", b"")[at % 3])
    aside = scene.base / "home/aside"
    shutil.copytree(scene.out, aside)
    code = scene.expect(scene.ended(scene.start()), {0, 2})
    if code == 0:
        scene.whole()
    else:
        shutil.rmtree(scene.out)
        scene.rerun()
    shutil.rmtree(aside)


def _website(at: Path) -> None:
    at.mkdir()
    (at / "manifest.json").write_text('{"name": "Our clinic"}')
    (at / "photo.jpg").write_bytes(b"photo")


def _link_to_website(at: Path) -> None:
    _website(at.with_name("site"))
    at.symlink_to("site")


def _planted_lock(at: Path) -> None:
    at.with_name("precious").write_text("precious")
    at.with_name(f".{at.name}.lock").symlink_to("precious")


def _planted_parts(at: Path) -> None:
    _website(at.with_name("site"))
    at.with_name(f".{at.name}.partial-x").symlink_to("site")
    at.with_name(f".{at.name}.partial-mine").mkdir()
    (at.with_name(f".{at.name}.partial-mine") / "thesis").write_text("mine")


def _a_file(at: Path) -> None:
    at.write_text("thesis")


def _own_files(at: Path) -> None:
    shutil.copytree(at.with_name("out"), at)
    (at / "notes.docx").write_text("mine")
    (at / "charts/photo.jpg").write_text("mine")


PLANTED = (_website, _link_to_website, _planted_lock, _planted_parts, _a_file, _own_files)


def planted(scene: Scene, at: int) -> None:
    """Folders of others, links and files where the run writes: none of them changes."""
    before = set(os.listdir(scene.base))
    target = scene.base / "target"
    PLANTED[at % len(PLANTED)](target)
    foreign = [path for path in scene.base.rglob("*") if path.parts[len(scene.base.parts)] not in before]
    own = (
        {path for path in foreign if (scene.out / path.relative_to(target)).is_file()}
        if at % 6 == 5
        else set()
    )
    contents = {path: path.read_bytes() for path in foreign if path.is_file() and path not in own}
    ended = scene.ended(scene.start("run", scene.base / "records.csv", "--out", target, *PAGES))
    scene.expect(ended, {0, 2})
    lost = [
        path.name for path, content in contents.items() if not path.is_file() or path.read_bytes() != content
    ]
    if lost:
        scene.wrong.append(f"destroyed: {lost}")
    for name in set(os.listdir(scene.base)) - before:
        path = scene.base / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    scene.nothing_left()


NAMES = (
    "a b.csv",
    "März.csv",
    "\N{PILE OF POO}.csv",
    "a\nb.csv",
    "-x.csv",
    "a%s{0}.csv",
    os.fsdecode(b"se\xff.csv"),
)
LOCALES: tuple[dict[str, str], ...] = (
    {},
    {"LC_ALL": "POSIX"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
)


def names(scene: Scene, at: int) -> None:
    """Names of files and folders in every script and none, in locales that cannot say them."""
    name, locale = NAMES[at % len(NAMES)], LOCALES[at // len(NAMES) % len(LOCALES)]
    folder = scene.base / "tmp2" / name.removesuffix(".csv")
    folder.mkdir()
    shutil.copy(scene.base / "records.csv", folder / name)
    asked = ("run", folder / name, "--out", folder / "out", *PAGES)
    scene.expect(scene.ended(scene.start(*asked, **locale)), {0, 2})
    if set(os.listdir(folder)) - {name, "out"}:
        scene.wrong.append(f"left behind: {os.listdir(folder)}")
    shutil.rmtree(folder)
    scene.nothing_left()


def places(scene: Scene, at: int) -> None:
    """A temporary folder that is too deep, absent, or read-only; a home that is."""
    deep = scene.base / "tmp2" / ("deep" * 30)
    deep.mkdir()
    environment = ({"TMPDIR": str(deep)}, {"TMPDIR": "/nowhere"}, {"HOME": "/proc"}, {"TMPDIR": "/proc"})[
        at % 4
    ]
    scene.expect(scene.ended(scene.start(**environment)), {0, 2})
    scene.whole()
    if os.listdir(deep):
        scene.wrong.append(f"left behind: {os.listdir(deep)}")
    deep.rmdir()
    scene.nothing_left()


def formulas(scene: Scene, at: int) -> None:
    """Formulas without end."""
    formula = ("(a+b+c+d+e)**40", "((a+b+c)**9)**9", "*".join("abcdefghijklmnopqrst"))[at % 3]
    asked = (
        "reduce",
        scene.base / "records.csv",
        scene.base / "x.json",
        "--formula",
        f"pain_pre ~ {formula} + (1|g)",
    )
    scene.expect(scene.ended(scene.start(*asked), seconds=60), {2})
    scene.nothing_left()


FAULTS: dict[str, tuple[Callable[[Scene, int], None], float]] = {
    "signals": (signals, 1),
    "full output": (full_output, 0.2),
    "full temporary": (full_temporary, 0.1),
    "memory": (memory, 0.14),
    "two at once": (two_at_once, 0.1),
    "replaced input": (replaced_input, 0.1),
    "damaged export": (damaged, 0.1),
    "planted": (planted, 0.03),
    "names": (names, 0.14),
    "places": (places, 0.02),
    "formulas": (formulas, 0.015),
}
"""Each fault, and how often it is tried for each try of a signal."""


def tried(scene: Scene, name: str, tries: int) -> tuple[int, list[str]]:
    """How many tries of a fault went wrong, and how."""
    failed, said = 0, []
    for at in range(tries):
        scene.wrong.clear()
        FAULTS[name][0](scene, at)
        failed += bool(scene.wrong)
        said += [f"try {at}: {wrong}" for wrong in scene.wrong]
    return failed, said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--tries", type=int, default=200, help="kills by signals; the other faults in proportion"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(FAULTS), action="append")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder that holds the package to try")
    options = parser.parse_args()
    random.seed(options.seed)
    bad = 0
    print("| fault | tries | went wrong | how |\n|---|---|---|---|", flush=True)
    for name in options.only or FAULTS:
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            scene = Scene.made(Path(folder), options.source)
            tries = max(round(options.tries * FAULTS[name][1]), 1)
            failed, said = tried(scene, name, tries)
        bad += failed
        print(f"| {name} | {tries} | {failed} | {'; '.join(said[:3])} |", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
