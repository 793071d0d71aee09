"""Formulas: what can be read, what is refused, and columns equal to formulaic's."""

from __future__ import annotations

import time

import pytest

from outcomes.errors import FormulaError
from outcomes.models.mixed.formula import parse_formula


@pytest.mark.parametrize(
    ("text", "groups", "labels"),
    [
        ("y ~ x + (1 | g)", (("g",),), ("g",)),
        ("y ~ (1|g)", (("g",),), ("g",)),
        ("y ~ (1 | c / g) + x", (("c",), ("c", "g")), ("c", "g:c")),
        ("y ~ x + (1 | c) + (1 | c:g)", (("c",), ("c", "g")), ("c", "c:g")),
        ("y ~ x + (1 | c) + (1 | g)", (("c",), ("g",)), ("c", "g")),
        ("y ~ x + (1 | `patient id`)", (("patient id",),), ("patient id",)),
    ],
)
def test_groupings_are_read_and_named_as_lme4_names_them(text, groups, labels):
    formula = parse_formula(text)
    assert formula.groups == groups
    assert formula.labels == labels


@pytest.mark.parametrize(
    "text",
    [
        "y ~ x", "y", "", "y ~", "~ x + (1 | g)", "y ~ x ~ z", "y ~ x + (x | g)", "y ~ x + (1 + x | g)",
        "y ~ x + (1 || g)", "y ~ x + (0 + x | g)", "y ~ x * (1 | g)", "y ~ x:(1 | g)", "y ~ x + (1 | g + h)",
        "y ~ x + (1 | a) + (1 | b) + (1 | c)", "y ~ x + (1 | a:b) + (1 | c:d)", "y ~ bs(x) + (1 | g)",
        "y ~ poly(x, 2) + (1 | g)", "y ~ center(x) + (1 | g)", "y ~ I(x > 2) + (1 | g)", "y ~ log(x, 2) + (1 | g)",
        "y ~ 2 * x + (1 | g)", "y ~ 2:x + (1 | g)", "y ~ . + (1 | g)", "y + z ~ x + (1 | g)", "C(y) ~ x + (1 | g)",
        "y ~ x + * z + (1 | g)", "y ~ x.fillna(0) + (1 | g)", "y ~ I('a') + (1 | g)", "y ~ I(2) + (1 | g)",
        "y ~ C(x, contr.helmert) + (1 | g)", "y ~ C(x + z) + (1 | g)", "y ~ (x + (1 | g)",
        "y ~ __import__('os') + (1 | g)",
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused_with_what_can(text):
    with pytest.raises(FormulaError) as refusal:
        parse_formula(text)
    assert "C(column)" in str(refusal.value)


@pytest.mark.parametrize(
    "fixed",
    ["(a+b+c+d+e)**40", "((a+b+c)**3)**4", "*".join("abcdefghijklmno"), "(a+b)**2000000000000"],
)
def test_what_multiplies_out_without_end_is_refused_before_it_does(fixed):
    started = time.process_time()
    with pytest.raises(FormulaError, match="multiplies out to more than 10,000 products"):
        parse_formula(f"y ~ {fixed} + (1 | g)")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(("fixed", "terms"), [("(a+b+c+d+e)**5", 2**5), ("(a+b+c)^2", 7), ("a*b*c", 8)])
def test_powers_and_products_that_end_are_multiplied_out(fixed, terms):
    assert len(parse_formula(f"y ~ {fixed} + (1 | g)").terms) == terms


@pytest.mark.parametrize(
    "fixed", ["(a+b)**x", "(a+b)**2.5", "(a+b)**-1", "+".join(f"x{i}" for i in range(3000))]
)
def test_powers_of_something_else_and_endless_sums_are_no_fault_of_ours(fixed):
    with pytest.raises(FormulaError, match="Cannot read"):
        parse_formula(f"y ~ {fixed} + (1 | g)")


def test_white_space_does_not_matter():
    assert parse_formula("y~x+(1|g)").terms == parse_formula("  y  ~ x\n + ( 1 |  g ) ").terms


def test_columns_read_are_those_named():
    formula = parse_formula("log(y) ~ I(x ** 2) + C(n) + np.sqrt(z):a + (1 | c/g)")
    assert formula.columns == ("y", "x", "n", "z", "a", "c", "g")
