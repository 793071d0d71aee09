"""What lists of choices show, redrawn with every choice, in one widget that holds HTML.

Comes in: the lists, and what shows a choice on a page. Goes out: the lists with that below them. While a choice is
calculated nothing of the one before is left standing under it, and a choice that fails says so.

The Output widget of ipywidgets would do for JupyterLab. Under Voila, filling one while a notebook opens now and then
loses the kernel's answer, and the page never opens (docs/decisions/app-with-voila.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["redrawn"]

WAITING = '<p role="status">Calculating …</p>'
FAILED = '<p role="alert">This choice could not be shown. Choose another, or look at the messages of the notebook.</p>'

AS_WIDE_AS_THE_PAGE = "display: grid; grid-template-columns: minmax(0, 1fr)"
"""Without it the widget is as wide as its widest table, and the ends of sentences are out of sight."""


def redrawn(lists: Iterable[Any], shown_as: Any, show: Callable[[], None]) -> None:
    """Display lists, below them what ``show`` displays, and that anew with every choice.

    Parameters
    ----------
    lists : iterable of ipywidgets.Dropdown
    shown_as : ipywidgets.Widget
        The lists as they stand on the page.
    show : callable
        Displays the present choice.
    """
    from IPython.display import display
    from ipywidgets import HTML, Layout

    below = HTML(layout=Layout(width="100%"))

    def draw(_: object = None) -> None:
        below.value = WAITING
        try:
            below.value = _displayed(show)
        except Exception:
            below.value = FAILED
            raise

    for one in lists:
        one.observe(draw, names="value")
    display(shown_as, below)
    draw()


def _displayed(show: Callable[[], None]) -> str:
    """The HTML of everything displayed, as JupyterLab styles what a cell displays."""
    from IPython.utils.capture import capture_output

    with capture_output(stdout=False, stderr=False) as said:
        show()
    pieces = "".join(str(output.data.get("text/html", "")) for output in said.outputs)
    return f'<div style="{AS_WIDE_AS_THE_PAGE}"><div class="jp-RenderedHTMLCommon">{pieces}</div></div>'
