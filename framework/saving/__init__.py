"""What is kept on disk: models, and trainings that can be killed at any time and go on to the same bits."""

from framework.saving.checkpoints import Checkpoints
from framework.saving.resuming import resume

__all__ = ["Checkpoints", "resume"]
