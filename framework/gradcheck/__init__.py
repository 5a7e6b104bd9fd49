"""Is a gradient right? What backward says is held against what a small step really does to the loss.

    from framework.gradcheck import check

    print(check(model))                # a whole model
    check(Scale(6)).raise_if_wrong()   # a layer of your own, between two others

`framework.testing` has a whole battery for a layer, this check among its tests; `chalknet gradcheck` checks a recipe.
"""

from framework.gradcheck.checking import check
from framework.gradcheck.report import Comparison, GradientReport
from framework.gradcheck.subject import unsettle

__all__ = ["Comparison", "GradientReport", "check", "unsettle"]
