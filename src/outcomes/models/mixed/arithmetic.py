"""The arithmetic a formula may hold: trees of simple expressions, checked and computed.

In comes the tree of an expression such as ``log(x) + z**2``, out come the columns it names and, given their values,
its own; values may be numpy arrays, numbers or Ibis columns. Refused with a `FormulaError`: any other Python.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, NoReturn

import numpy as np

from outcomes.errors import FormulaError

__all__ = ["NUMPY_FUNCTIONS", "POSSIBLE", "check_tree", "computed", "function_name", "names_in", "refuse"]


FUNCTIONS = ("abs", "exp", "log", "sqrt")


POSSIBLE = (
    "A formula can hold: `response ~ terms + (1 | patient_id)`; as terms, column names, C(column), "
    "C(column, contr.treatment('level')), `a:b`, `a*b`, `0 +`, `- term`, I(arithmetic) and arithmetic with + - * / **, "
    "log, exp, sqrt, abs and parentheses; as grouping (1 | g), (1 | outer/inner), or (1 | outer) + (1 | outer:inner)."
)


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


NUMPY_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "divide": np.divide,
    "power": np.power,
}
"""What numpy computes them by; reductions of Ibis tables bring their own."""


def refuse(found: str) -> NoReturn:
    """Raise a `FormulaError` that says what was found and what a formula can hold."""
    raise FormulaError(f"{found} {POSSIBLE}")


def check_tree(tree: ast.expr, expression: str) -> None:
    """Refuse any tree but simple arithmetic on names and numbers."""
    match tree:
        case ast.Name():
            return
        case ast.Constant(value=int() | float()):
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            check_tree(inner, expression)
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            check_tree(left, expression)
            check_tree(right, expression)
        case ast.Call(args=[inner], keywords=[]) if function_name(tree) in {"I", *FUNCTIONS}:
            check_tree(inner, expression)
        case _:
            refuse(f"Cannot compute `{expression}`.")


def function_name(tree: ast.Call) -> str:
    """Name of a called function, without ``np.``."""
    match tree.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr=name):
            return name
    return ""


def names_in(tree: ast.expr) -> list[str]:
    """Names of the columns in a tree, functions left out."""
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    modules = {node.value for node in called if isinstance(node, ast.Attribute)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return [node.id for node in names if node not in called and node not in modules]


def computed(tree: ast.expr, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    """Value of a checked tree."""
    match tree:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=number):
            return float(number)  # type: ignore[arg-type]
        case ast.UnaryOp(op=op, operand=inner):
            value = computed(inner, values, functions)
            return -value if isinstance(op, ast.USub) else value
        case ast.BinOp(op=op, left=left, right=right):
            return _operated(_BINARY[type(op)], computed(left, values, functions), right, values, functions)
        case ast.Call(args=[inner]):
            value = computed(inner, values, functions)
            name = function_name(tree)
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
    other = computed(right, values, functions)
    plain = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    if mark in plain:
        return plain[mark](left, other)
    return functions["divide" if mark == "/" else "power"](left, other)
