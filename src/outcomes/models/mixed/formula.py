"""Model formulas: text in, the terms, groupings and arithmetic of a mixed model out.

The fixed part is parsed by formulaic; the random part, ``(1 | patient_id)`` or ``(1 | clinic_id/patient_id)``, is
taken out before. Arithmetic is read into a small tree that :func:`evaluate` can compute on numpy arrays, on single
numbers and on Ibis columns alike. Refused with a `FormulaError` that lists what is possible: random slopes, crossed
groupings, splines, comparisons and any other function call.
"""

from __future__ import annotations

import ast
import difflib
import itertools
import math
import re
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from outcomes.errors import FormulaError
from outcomes.models.mixed.arithmetic import POSSIBLE, check_tree, computed, names_in, refuse

__all__ = [
    "Coding",
    "ModelFormula",
    "evaluate",
    "missing_column",
    "parse_formula",
    "split_product",
    "variables_of",
    "without_numbers",
]


MOST_PRODUCTS = 10_000
_NAME = r"(?:`[^`]+`|[^\W\d][\w.]*)"
_RANDOM = re.compile(r"\(\s*(?P<effects>[^()|]*?)\s*(?P<bar>\|\|?)\s*(?P<group>[^()|]*?)\s*\)")
_GROUP = re.compile(rf"^({_NAME})(?:\s*([/:])\s*({_NAME}))?$")


# --- what a factor of a term is -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coding:
    """How one categorical factor is coded: its column, and the reference or levels the formula asked for.

    Attributes
    ----------
    column : str
        The column the levels come from.
    reference : object
        Level asked for as reference, or None for the first.
    levels : tuple or None
        Levels asked for, in order, or None for those of the data.
    """

    column: str
    reference: Any = None
    levels: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class ModelFormula:
    """A parsed formula, independent of any table.

    Attributes
    ----------
    text : str
        The formula with its white space normalised.
    response : str
        Expression of the response.
    terms : tuple of tuple of str
        Fixed terms by degree, each the expressions it multiplies; the empty tuple is the intercept.
    trees : mapping of str to ast.expr
        The tree of each expression that is not a bare name.
    groups : tuple of tuple of str
        Grouping columns, the outer grouping first; one or two of them. ``("clinic_id", "patient_id")`` is an
        interaction.
    labels : tuple of str
        What each grouping is called in the variance components, as lme4 does.
    nested_by_data : bool
        Two single columns were given: which of them contains the other has to be seen in the data.
    """

    text: str
    response: str
    terms: tuple[tuple[str, ...], ...]
    trees: Mapping[str, ast.expr]
    codings: Mapping[str, Coding]
    groups: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    nested_by_data: bool = False

    @property
    def expressions(self) -> tuple[str, ...]:
        """Every distinct expression of the fixed terms, in order of appearance."""
        return tuple(dict.fromkeys(itertools.chain.from_iterable(self.terms)))

    @property
    def unit(self) -> str:
        """What one innermost group is called: patient for ``patient_id``, clinic for ``clinic_id``, else group."""
        column = self.groups[-1][-1]
        return column.removesuffix("_id").replace("_", " ") if column.endswith("_id") else "group"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the table the formula reads, the response's first."""
        found: list[str] = []
        for expression in (self.response, *self.expressions):
            found.extend(variables_of(expression, self))
        for group in self.groups:
            found.extend(group)
        return tuple(dict.fromkeys(found))


def without_numbers(formula: ModelFormula, factors: Container[str], kept: Collection[str] = ()) -> str:
    """The smaller formula that leaves out every term with a number in it, but for the columns kept.

    Examples
    --------
    >>> without_numbers(parse_formula("y ~ a + a:x + z + (1 | g)"), {"a"}, ["z"])
    'y ~ 1 + a + z + (1 | g)'
    """

    def stays(expression: str) -> bool:
        return expression in factors or set(variables_of(expression, formula)) <= set(kept)

    terms = [term for term in formula.terms if all(stays(expression) for expression in term)]
    fixed = [":".join(_quoted(e, formula) for e in term) or "1" for term in terms]
    without_intercept = ["0"] if fixed and () not in terms else []
    random = [f"(1 | {':'.join(_quoted(name, formula) for name in group)})" for group in formula.groups]
    right = " + ".join([*without_intercept, *(fixed or ["1"]), *random])
    return f"{_quoted(formula.response, formula)} ~ {right}"


def _quoted(expression: str, formula: ModelFormula) -> str:
    """An expression as a formula needs it: names that Python could not read in backticks."""
    plain = expression in formula.trees or expression in formula.codings or expression.isidentifier()
    return expression if plain else f"`{expression}`"


def variables_of(expression: str, formula: ModelFormula) -> tuple[str, ...]:
    """Columns that one expression of a formula reads."""
    if expression in formula.codings:
        return (formula.codings[expression].column,)
    tree = formula.trees.get(expression)
    return (expression,) if tree is None else tuple(dict.fromkeys(names_in(tree)))


@lru_cache(maxsize=512)
def parse_formula(text: str) -> ModelFormula:
    """Read a mixed-model formula.

    Parameters
    ----------
    text : str
        For instance ``"pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"``.

    Returns
    -------
    ModelFormula

    Raises
    ------
    FormulaError
        If it cannot be read, or asks for what cannot be computed from a reduction.

    Examples
    --------
    >>> parse_formula("y ~ a * x + (1 | g)").terms
    ((), ('a',), ('x',), ('a', 'x'))
    """
    if not isinstance(text, str) or text.count("~") != 1:
        refuse(f"A formula needs one `~` between the response and its terms, found {text!r}.")
    left, right = (part.strip() for part in text.split("~"))
    if not left or not right:
        refuse(f"A formula needs a response before `~` and terms after it, found {text!r}.")
    fixed, random = _without_random(right, text)
    groups, labels, by_data = _groupings(random, text)
    response, terms = _parsed_terms(left, fixed, text)
    trees, codings = _trees((response, *itertools.chain.from_iterable(terms)))
    if response in codings:
        refuse(f"The response is a factor in {text!r}; it has to be a number.")
    return ModelFormula(" ".join(text.split()), response, terms, trees, codings, groups, labels, by_data)


def _without_random(right: str, text: str) -> tuple[str, list[str]]:
    """Split the right side into its fixed part and the groups of its ``(1 | group)`` terms."""
    groups: list[str] = []
    for match in _RANDOM.finditer(right):
        if match["bar"] == "||" or match["effects"].replace(" ", "") not in {"1", "1+0", "0+1"}:
            refuse(f"Only random intercepts can be computed, found `{match[0]}` in {text!r}.")
        before = right[: match.start()].rstrip()[-1:]
        after = right[match.end() :].lstrip()[:1]
        if before not in {"", "+"} or after not in {"", "+", "-"}:
            refuse(f"`{match[0]}` has to be added with `+` in {text!r}.")
        groups.append(match["group"])
    fixed = re.sub(r"\+\s*" + _RANDOM.pattern, " ", right)
    fixed = re.sub(r"^\s*" + _RANDOM.pattern + r"\s*\+?", " ", fixed).strip()
    if "|" in fixed:
        refuse(f"Cannot read the `|` in {text!r}.")
    if not groups:
        refuse(
            f"No grouping in {text!r}: add `+ (1 | patient_id)` so that sessions of one patient are "
            "kept together."
        )
    return fixed or "1", groups


def _groupings(random: Sequence[str], text: str) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...], bool]:
    """Grouping columns from outer to inner, their lme4 labels, and whether the data must settle the nesting."""
    parsed: list[tuple[str, ...]] = []
    for group in random:
        match = _GROUP.match(group)
        if match is None:
            refuse(f"Cannot read the grouping `{group}` in {text!r}.")
        first, mark, second = (part.strip("`") if part else part for part in match.groups())
        if mark == "/":
            parsed.append((first,))
        parsed.append((first,) if second is None else (first, second))
    parsed = sorted(dict.fromkeys(parsed), key=len)
    labels = tuple(
        ":".join(reversed(group)) if "/" in "".join(random) else ":".join(group) for group in parsed
    )
    if len(parsed) == 1:
        return tuple(parsed), labels, False
    if len(parsed) > 2 or (len(parsed[1]) == 2 and (len(parsed[0]) == 2 or parsed[0][0] not in parsed[1])):
        refuse(f"Groupings have to be nested, at most one inside another, in {text!r}.")
    return tuple(parsed), labels, len(parsed[1]) == 1


def _parsed_terms(left: str, fixed: str, text: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """Response and terms, sorted by degree, as formulaic reads them."""
    from formulaic.errors import FormulaicError
    from formulaic.parser import DefaultFormulaParser

    parser = DefaultFormulaParser()
    try:
        if _products(parser.get_ast(fixed)) > MOST_PRODUCTS:
            refuse(
                f"{text!r} multiplies out to more than {MOST_PRODUCTS:,} products. Write the terms you mean."
            )
        parsed = parser.get_terms(f"{left} ~ {fixed}")
        response, terms = list(parsed.lhs), list(parsed.rhs)
    except (FormulaicError, AttributeError, TypeError, SyntaxError, ValueError, RecursionError) as error:
        reason = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).splitlines()
        raise FormulaError(f"Cannot read {text!r}: {reason[0] if reason else error}. {POSSIBLE}") from error
    if len(response) != 1 or len(response[0].factors) != 1:
        refuse(f"The response has to be one column or one expression, found `{left}` in {text!r}.")
    found: list[tuple[str, ...]] = []
    for term in sorted(terms, key=lambda term: term.degree):
        literal = [factor.expr for factor in term.factors if factor.eval_method.value == "literal"]
        if any(value not in {"1", "1.0"} for value in literal):
            refuse(
                f"A term cannot be scaled by a number ({literal[0]}) in {text!r}: write "
                f"I({literal[0]} * ...)."
            )
        found.append(tuple(factor.expr for factor in term.factors if factor.expr not in literal))
    return str(response[0].factors[0].expr), tuple(dict.fromkeys(found))


def _products(tree: Any) -> float:
    """How many products of factors formulaic forms before it finds some alike: each 10,000 take it a second."""
    if not hasattr(tree, "operator"):
        return 1
    symbol, parts = tree.operator.symbol, [_products(part) for part in tree.args]
    if symbol in {"**", "^"}:
        return parts[0] ** min(int(str(tree.args[1])), 1_000)
    if symbol in {":", "*", "/", "in"}:
        return math.prod(part + 1 for part in parts)
    return sum(parts)


# --- arithmetic -----------------------------------------------------------------------------------------------------


def _trees(expressions: Iterable[str]) -> tuple[dict[str, ast.expr], dict[str, Coding]]:
    """Trees of arithmetic expressions and codings of ``C(...)``; bare names have neither."""
    trees: dict[str, ast.expr] = {}
    codings: dict[str, Coding] = {}
    for expression in expressions:
        if expression == ".":
            refuse("`.` stands for every column, which this library does not guess.")
        if not re.search(r"[()+\-*/]", expression):
            continue
        try:
            tree = ast.parse(expression.strip(), mode="eval").body
        except SyntaxError:
            continue  # a quoted column name such as `pain (0-10)`
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "C":
            codings[expression] = _coding(tree, expression)
        elif not isinstance(tree, ast.Name):
            check_tree(tree, expression)
            if not names_in(tree):
                refuse(f"`{expression}` names no column.")
            trees[expression] = tree
    return trees, codings


def _coding(tree: ast.Call, expression: str) -> Coding:
    """Read ``C(column, contr.treatment('level'), levels=[...])``."""
    options = {keyword.arg: keyword.value for keyword in tree.keywords}
    if (
        not tree.args
        or not isinstance(tree.args[0], ast.Name)
        or len(tree.args) > 2
        or set(options) - {"levels"}
    ):
        refuse(f"Cannot compute `{expression}`.")
    levels = None
    if "levels" in options:
        try:
            levels = tuple(ast.literal_eval(options["levels"]))
        except (ValueError, TypeError):
            refuse(f"The levels of `{expression}` have to be written out as a list.")
    reference = _reference(tree.args[1], expression) if len(tree.args) == 2 else None
    return Coding(tree.args[0].id, reference, levels)


def _reference(tree: ast.expr, expression: str) -> Any:
    """Reference level of a treatment contrast."""
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) in {"contr.treatment", "Treatment"}:
        values = [
            *tree.args,
            *(keyword.value for keyword in tree.keywords if keyword.arg in {"base", "reference"}),
        ]
        if not values and not tree.keywords:
            return None
        if len(values) == 1 and isinstance(values[0], ast.Constant):
            return values[0].value
    if isinstance(tree, ast.Attribute) and ast.unparse(tree) == "contr.treatment":
        return None
    return refuse(f"Only treatment contrasts can be computed, found `{expression}`.")


def evaluate(
    expression: str,
    formula: ModelFormula,
    values: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
) -> Any:
    """Compute one numeric expression on whatever its columns are.

    Parameters
    ----------
    expression : str
        A name or an arithmetic expression of `formula`.
    formula : ModelFormula
        Where its tree is.
    values : mapping of str to object
        A value per column: numpy arrays, numbers or Ibis columns, all of them float.
    functions : mapping of str to callable
        ``abs, exp, log, sqrt`` of one argument and ``divide, power`` of two, for that kind of value.

    Returns
    -------
    object
        The same kind as `values`.
    """
    tree = formula.trees.get(expression)
    return values[expression] if tree is None else computed(tree, values, functions)


def split_product(expression: str, formula: ModelFormula) -> list[str]:
    """Expressions that a product such as ``x:z`` multiplies."""
    for term in formula.terms:
        for size in range(1, len(term) + 1):
            for parts in itertools.combinations(term, size):
                if ":".join(parts) == expression:
                    return list(parts)
    return [expression]


def missing_column(name: str, columns: Iterable[str], text: str) -> FormulaError:
    """Error for a formula that names a column the table does not have."""
    present = [str(column) for column in columns]
    near = difflib.get_close_matches(name, present, n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else f"The table has: {', '.join(present[:40])}."
    return FormulaError(f"{text!r} names `{name}`, which is not a column of the table. {hint}")
