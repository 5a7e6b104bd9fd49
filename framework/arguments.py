"""Checks at the border: what a caller hands in is looked at once, there, and trusted from then on."""

import math
from collections.abc import Callable
from typing import SupportsFloat

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from framework.errors import InputError, as_given
from framework.types import Array, Numbers, Shape


def real_numbers(name: str, values: ArrayLike) -> Array:
    """`values` as a C-contiguous array of real numbers or booleans; raises InputError for anything else."""
    if isinstance(values, np.ma.MaskedArray):
        raise InputError(f"{name}: got a masked array; expected one without a mask", hint="fill it: x.filled(0)")
    try:
        array: Array = np.asarray(values, order="C")
    except (TypeError, ValueError) as error:  # rows of different lengths
        raise InputError(f"{name}: cannot be made an array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name}: got an array of {array.dtype}; expected real numbers")
    return array


def samples(x: ArrayLike, shape: Shape) -> Array:
    """x as an array (n, *shape) of real numbers; raises InputError for anything else."""
    batch = real_numbers("x", x)
    if batch.shape[1:] != shape or batch.ndim == 0:
        expected = ", ".join(["n", *map(str, shape)])
        hint = "give one sample as x[np.newaxis]" if batch.shape == shape else None
        raise InputError(f"x: got shape {batch.shape}; expected ({expected})", hint=hint)
    return batch


def finite_samples(x: ArrayLike, shape: Shape, dtype: DTypeLike) -> Array:
    """x as an array (n, *shape) of whole numbers, or of finite ones of that dtype; InputError names the first other."""
    batch = samples(x, shape)
    if batch.dtype.kind == "f":
        with np.errstate(over="ignore"):  # a number too large for the dtype becomes infinite and is named below
            batch = batch.astype(dtype, copy=False)
        check_finite("x", batch)
    return batch


def check_finite(name: str, array: Numbers) -> None:
    """Raise InputError for NaN or infinity, naming the first by row and column."""
    if array.dtype.kind == "f":
        _check_each(name, array, np.isfinite(array), "finite numbers")


def check_minimum(name: str, array: Numbers, minimum: float) -> None:
    """Raise InputError for a number below `minimum`, naming the first by row and column."""
    _check_each(name, array, array >= minimum, f"{minimum:g} or more")


def real_number(place: str, value: float, expected: str, *, fits: Callable[[float], bool]) -> float:
    """`value` as a float, if it is a number and `fits`; otherwise an InputError that says what was expected."""
    if isinstance(value, bool | str) or not isinstance(value, SupportsFloat) or not fits(float(value)):
        raise InputError(f"{place}: got {as_given(value)}; expected {expected}")
    return float(value)


def fraction(place: str, value: float) -> float:
    """`value` if it is from 0 to below 1."""
    return real_number(place, value, "a number from 0 to below 1", fits=lambda number: 0 <= number < 1)


def non_negative(place: str, value: float) -> float:
    """`value` if it is finite and 0 or more."""
    return real_number(place, value, "a finite number of 0 or more", fits=lambda number: 0 <= number < math.inf)


def whole_number(place: str, value: int, *, otherwise: str = "") -> int:
    """`value` as an int, if it is an integer of 1 or more."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{place}: got {as_given(value)}; expected an integer of 1 or more{otherwise}")
    return int(value)


def check_instance(name: str, value: object, kind: type) -> None:
    """Raise InputError unless `value` is an object of that kind; a forgotten () gets its own hint."""
    if isinstance(value, kind):
        return
    if isinstance(value, type):
        raise InputError(
            f"{name}: got the class {value.__name__}; expected {_article(kind)}", hint=f"write {value.__name__}(...)"
        )
    raise InputError(f"{name}: got {type(value).__name__}; expected {_article(kind)}")


def _check_each(name: str, array: Numbers, fitting: NDArray[np.bool_], expected: str) -> None:
    if fitting.all():
        return
    index = np.argwhere(~fitting)[0].tolist()  # empty where the array is a single number
    row, column = index[:1], index[1:]
    places = [f"{kind} {', '.join(map(str, part))}" for kind, part in (("row", row), ("column", column)) if part]
    place = f"{name}: {', '.join(places)}" if places else name
    raise InputError(f"{place}: got {array[*index]}; expected {expected}")


def _article(kind: type) -> str:
    return f"{'an' if kind.__name__[0] in 'AEIOUaeiou' else 'a'} {kind.__name__}"
