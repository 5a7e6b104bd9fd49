"""The types every signature speaks of."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating]
Integers: TypeAlias = NDArray[np.integer]
Numbers: TypeAlias = NDArray[np.floating | np.integer]
Shape: TypeAlias = tuple[int, ...]
