"""Bounds of a fusion rule's settings: types for its signature, checked where the settings are read."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, PositiveInt


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("expected an odd number")
    return value


Count = PositiveInt
Odd = Annotated[PositiveInt, AfterValidator(_odd)]
Folds = Annotated[int, Field(ge=2)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # as NumPy and scikit-learn take it
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
