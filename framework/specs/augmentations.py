"""The augmentations in files: one spec class each, joined in a union."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializeAsAny

from framework.data import augmentation, elastic
from framework.specs.base import AugmentationSpec, Fraction, NonNegative
from framework.specs.extra import or_extra

__all__ = ["AffineSpec", "ElasticSpec"]

Smoothness: TypeAlias = Annotated[
    float, Field(strict=True, ge=elastic.ROUGHEST, le=elastic.SMOOTHEST, allow_inf_nan=False)
]


class AffineSpec(AugmentationSpec):
    type: Literal["affine"] = "affine"
    component = augmentation.Affine
    rotation: NonNegative = 10.0
    scale: Fraction = 0.1
    shear: NonNegative = 0.1
    shift: NonNegative = 1.0


class ElasticSpec(AugmentationSpec):
    type: Literal["elastic"] = "elastic"
    component = elastic.Elastic
    strength: NonNegative = 1.2
    smoothness: Smoothness = 4.0
    rotation: NonNegative = 10.0
    scale: Fraction = 0.1
    shear: NonNegative = 0.1
    shift: NonNegative = 1.0


AugmentationUnion: TypeAlias = AffineSpec | ElasticSpec
AnyAugmentation: TypeAlias = Annotated[
    SerializeAsAny[Annotated[AugmentationUnion, Field(discriminator="type")]], or_extra(AugmentationSpec)
]
