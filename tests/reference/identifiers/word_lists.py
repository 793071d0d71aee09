"""Makes the three word lists of ``src/outcomes/reference/`` that tell names from ordinary words.

Run by hand: ``pip install names==0.3.0 coolname==5.0.0 xkcdpass==1.30.0``, then ``python word_lists.py``.

- ``first_names.csv``: the international list kept by hand (``by_hand_first_names.txt``) and the 1990 census of the
  United States (public domain, packaged by ``names``): men's and women's names borne by at least one in 10,000.
- ``surnames.csv``: the 3,000 most frequent of the same census.
- ``ordinary_words.csv``: English words of three to eight letters from Alan Beale's 12Dicts (public domain, packaged by
  ``xkcdpass``), animals, colors and adjectives of ``coolname`` (BSD-2-Clause), and ``by_hand_words.txt``; in the
  singular and without endings, less the commonest first names. They make two-word pseudonyms ("blue heron") and labels,
  and name nobody.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = HERE.parents[2] / "src" / "outcomes" / "reference"


def census(name: str) -> list[tuple[str, float]]:
    """Names of a census list with their percentage, most frequent first."""
    lines = files("names").joinpath(name).read_text().splitlines()
    return [(line.split()[0].lower(), float(line.split()[1])) for line in lines if line.strip()]


def own(name: str) -> list[str]:
    """Words of a list kept by hand."""
    return HERE.joinpath(name).read_text(encoding="utf-8").split()


def words_of_package(package: str, folder: str, pattern: str) -> set[str]:
    """Every word of letters in a package's lists, without comments and settings."""
    found: set[str] = set()
    for path in Path(str(files(package).joinpath(folder))).glob(pattern):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#") and "=" not in line and line.islower():
                found |= {word for word in re.split(r"[\s_-]+", line) if re.fullmatch("[a-z]{3,8}", word)}
    return found


def stems(words: set[str]) -> set[str]:
    """Words without those that are another with an ending that ``is_ordinary`` takes off."""
    endings = ("s", "es", "ed", "ing", "ly", "ness")
    return {
        word
        for word in words
        if not any(
            word.endswith(end) and {word.removesuffix(end), word.removesuffix(end) + "e"} & words
            for end in endings
        )
    }


def write(name: str, column: str, words: set[str]) -> None:
    """Write one sorted word a line."""
    REFERENCE.joinpath(f"{name}.csv").write_text("\n".join([column, *sorted(words)]) + "\n", encoding="utf-8")


men, women, last = census("dist.male.first"), census("dist.female.first"), census("dist.all.last")
common = {name for name, _ in [*men[:200], *women[:200]]}
first = {name for name, share in [*men, *women] if share >= 0.01} | set(own("by_hand_first_names.txt"))
ordinary = words_of_package("xkcdpass", "static", "legacy") | words_of_package("coolname", "data", "*.txt")
write("first_names", "name", first)
write("surnames", "name", {name for name, _ in last[:3000]})
write("ordinary_words", "word", stems(ordinary - common) | set(own("by_hand_words.txt")))
