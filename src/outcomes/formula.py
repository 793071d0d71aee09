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
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, NoReturn

from outcomes.errors import FormulaError

__all__ = ["Coding", "ModelFormula", "ScopedTerm", "code_terms", "evaluate", "parse_formula", "variables_of"]

FUNCTIONS = ("abs", "exp", "log", "sqrt")

POSSIBLE = (
    "A formula can hold: `response ~ terms + (1 | patient_id)`; as terms, column names, C(column), "
    "C(column, contr.treatment('level')), `a:b`, `a*b`, `0 +`, `- term`, I(arithmetic) and arithmetic with + - * / **, "
    "log, exp, sqrt, abs and parentheses; as grouping (1 | g), (1 | outer/inner), or (1 | outer) + (1 | outer:inner)."
)

_NAME = r"(?:`[^`]+`|[^\W\d][\w.]*)"
_RANDOM = re.compile(r"\(\s*(?P<effects>[^()|]*?)\s*(?P<bar>\|\|?)\s*(?P<group>[^()|]*?)\s*\)")
_GROUP = re.compile(rf"^({_NAME})(?:\s*([/:])\s*({_NAME}))?$")

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


def refuse(found: str) -> NoReturn:
    """Raise a `FormulaError` that says what was found and what a formula can hold."""
    raise FormulaError(f"{found} {POSSIBLE}")


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
    def columns(self) -> tuple[str, ...]:
        """Every column of the table the formula reads, the response's first."""
        found: list[str] = []
        for expression in (self.response, *self.expressions):
            found.extend(variables_of(expression, self))
        for group in self.groups:
            found.extend(group)
        return tuple(dict.fromkeys(found))


def variables_of(expression: str, formula: ModelFormula) -> tuple[str, ...]:
    """Columns that one expression of a formula reads."""
    if expression in formula.codings:
        return (formula.codings[expression].column,)
    tree = formula.trees.get(expression)
    return (expression,) if tree is None else tuple(dict.fromkeys(_names_in(tree)))


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
            f"No grouping in {text!r}: add `+ (1 | patient_id)` so that sessions of one patient are kept together."
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

    try:
        parsed = DefaultFormulaParser().get_terms(f"{left} ~ {fixed}")
        response, terms = list(parsed.lhs), list(parsed.rhs)
    except (FormulaicError, AttributeError, TypeError, SyntaxError) as error:
        reason = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).splitlines()
        raise FormulaError(f"Cannot read {text!r}: {reason[0] if reason else error}. {POSSIBLE}") from error
    if len(response) != 1 or len(response[0].factors) != 1:
        refuse(f"The response has to be one column or one expression, found `{left}` in {text!r}.")
    found: list[tuple[str, ...]] = []
    for term in sorted(terms, key=lambda term: term.degree):
        literal = [factor.expr for factor in term.factors if factor.eval_method.value == "literal"]
        if any(value not in {"1", "1.0"} for value in literal):
            refuse(
                f"A term cannot be scaled by a number ({literal[0]}) in {text!r}: write I({literal[0]} * ...)."
            )
        found.append(tuple(factor.expr for factor in term.factors if factor.expr not in literal))
    return str(response[0].factors[0].expr), tuple(dict.fromkeys(found))


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
            _check(tree, expression)
            if not _names_in(tree):
                refuse(f"`{expression}` names no column.")
            trees[expression] = tree
    return trees, codings


def _check(tree: ast.expr, expression: str) -> None:
    """Refuse any tree but simple arithmetic on names and numbers."""
    match tree:
        case ast.Name():
            return
        case ast.Constant(value=int() | float()):
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            _check(inner, expression)
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            _check(left, expression)
            _check(right, expression)
        case ast.Call(args=[inner], keywords=[]) if _function(tree) in {"I", *FUNCTIONS}:
            _check(inner, expression)
        case _:
            refuse(f"Cannot compute `{expression}`.")


def _function(tree: ast.Call) -> str:
    """Name of a called function, without ``np.``."""
    match tree.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name):
            return name
    return ""


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
    refuse(f"Only treatment contrasts can be computed, found `{expression}`.")


def _names_in(tree: ast.expr) -> list[str]:
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    modules = {node.value for node in called if isinstance(node, ast.Attribute)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [node.id for node in names if node not in called and node not in modules]


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
    return values[expression] if tree is None else _computed(tree, values, functions)


def _computed(tree: ast.expr, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """Value of a checked tree."""
    match tree:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=number):
            return float(number)  # type: ignore[arg-type]
        case ast.UnaryOp(op=op, operand=inner):
            value = _computed(inner, values, functions)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(op=op, left=left, right=right):
            return _operated(_BINARY[type(op)], _computed(left, values, functions), right, values, functions)
        case ast.Call(args=[inner]):
            value = _computed(inner, values, functions)
            name = _function(tree)
            return value if name == "I" else functions[name](value)
    raise FormulaError(f"Cannot compute `{ast.unparse(tree)}`. {POSSIBLE}")


def _operated(
    mark: str,
    left: Any,
    right: ast.expr,
    values: Mapping[str, Any],
    functions: Mapping[str, Callable[..., Any]],
) -> Any:
    """``left mark right``; small whole powers are products, so that every engine rounds alike."""
    exponent = right.value if isinstance(right, ast.Constant) else None
    if mark == "**" and isinstance(exponent, int) and 1 <= exponent <= 8:
        return reduce(operator.mul, [left] * exponent)
    other = _computed(right, values, functions)
    plain = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    if mark in plain:
        return plain[mark](left, other)
    return functions["divide" if mark == "/" else "power"](left, other)


# --- coding of factors into columns ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScopedTerm:
    """One product of coded factors: each factor's expression and whether its reference level is left out."""

    factors: tuple[tuple[str, bool], ...]


def code_terms(terms: Iterable[tuple[str, ...]], categorical: Iterable[str]) -> list[ScopedTerm]:
    """Products to build so that the columns are of full rank in structure, as formulaic and R choose them.

    Parameters
    ----------
    terms : iterable of tuple of str
        Terms by degree; the empty tuple is the intercept.
    categorical : iterable of str
        The expressions that are factors.

    Returns
    -------
    list of ScopedTerm
        In column order. ``(expression, True)`` marks a factor without its reference level.

    Notes
    -----
    The rule is that of patsy and formulaic: a term spans the products of its factors with and without the reference
    level; what earlier terms span is taken away, and what is left is merged, ``z + z:a-reduced -> z:a``.

    Examples
    --------
    >>> [s.factors for s in code_terms([(), ("a",), ("a", "x")], {"a"})]
    [(), (('a', True),), (('a', False), ('x', False))]
    """
    factors = set(categorical)
    spanned: set[frozenset[tuple[str, bool]]] = set()
    coded: list[ScopedTerm] = []
    for term in terms:
        choices = [((e, True), None) if e in factors else ((e, False),) for e in term]
        span = [tuple(p for p in product if p is not None) for product in itertools.product(*choices)]
        fresh = [product for product in span if frozenset(product) not in spanned]
        coded.extend(ScopedTerm(product) for product in _merged(fresh))
        spanned.update(map(frozenset, fresh))
    return coded


def _merged(products: Iterable[tuple[tuple[str, bool], ...]]) -> list[tuple[tuple[str, bool], ...]]:
    """Apply ``(anything) + (anything):(reduced) -> (anything):(full)`` until nothing changes."""
    kept: list[tuple[tuple[str, bool], ...]] = []
    for product in sorted(products, key=len):
        for existing in kept:
            extra = set(product) - set(existing)
            if len(product) - 1 == len(existing) and len(extra) == 1 and next(iter(extra))[1]:
                wider = tuple((e, False) if (e, r) in extra else (e, r) for e, r in product)
                others = [p for p in kept if p != existing]
                kept = _merged([*others, *([] if wider in others else [wider])])
                break
        else:
            kept.append(product)
    return kept


def missing_column(name: str, columns: Iterable[str], text: str) -> FormulaError:
    """Error for a formula that names a column the table does not have."""
    present = [str(column) for column in columns]
    near = difflib.get_close_matches(name, present, n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else f"The table has: {', '.join(present[:40])}."
    return FormulaError(f"{text!r} names `{name}`, which is not a column of the table. {hint}")
