"""Sessions, wherever they lie, become reductions, and reductions become estimates.

Here stand the names for the arrays that all of them take and give.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Flags", "Floats", "Ints", "Whole"]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Whole: TypeAlias = npt.NDArray[np.intp]
"""Positions, as numpy indexes with them."""
Flags: TypeAlias = npt.NDArray[np.bool_]
