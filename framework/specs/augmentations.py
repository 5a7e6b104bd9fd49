"""The augmentations in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import SerializeAsAny

from framework.data import augmentation
from framework.specs.base import AugmentationSpec, Fraction, NonNegative
from framework.specs.extra import or_extra

__all__ = ["AffineSpec"]


class AffineSpec(AugmentationSpec):
    type: Literal["affine"] = "affine"
    component = augmentation.Affine
    rotation: NonNegative = 10.0
    scale: Fraction = 0.1
    shear: NonNegative = 0.1
    shift: NonNegative = 1.0


AugmentationUnion: TypeAlias = AffineSpec
AnyAugmentation: TypeAlias = Annotated[SerializeAsAny[AugmentationUnion], or_extra(AugmentationSpec)]
