"""Negative controls: saving and loading done wrong, one way at a time in a copy. The tests must reject each of them."""

from pathlib import Path

import pytest

from tests.test_planted_bugs import ROOT, TESTS_FAILED, Bug, _outcome, copy, planted  # noqa: F401

FILES, CONTAINER = "framework/files.py", "framework/saving/container.py"
CHECKPOINTS, PROGRESS = "framework/saving/checkpoints.py", "framework/saving/progress.py"
TRAINING, STEPPER = "framework/training.py", "framework/stepper.py"
PUBLISH = "tests/framework/test_files.py"
DAMAGE, ONE_WRITER = "tests/crash/test_damage.py", "tests/crash/test_one_writer.py"
MATRIX, REFUSALS = "tests/crash/test_resume_matrix.py", "tests/crash/test_resume_refusals.py"
DIVERGENCE = "tests/crash/test_divergence.py"
MORE = f"{MATRIX}::test_the_same_bits_with_more_in_it"
AT_ONCE = 12
"""So many are rejected in every run of the suite, and all of them in the long one."""
FAULTS = (
    Bug(
        "file not synced",
        FILES,
        "            os.fsync(file.fileno())  # what fails here is never tried again: its pages may be gone\n",
        "",
        PUBLISH,
    ),
    Bug("folder not synced", FILES, "        _sync_folder(path.parent)\n", "", PUBLISH),
    Bug(
        "not read back",
        FILES,
        "if temporary.read_bytes() != content:",
        "if not temporary.exists():",
        f"{DAMAGE}::test_a_disk_that_loses_what_it_was_given_is_found_out",
    ),
    Bug(
        "digest not checked",
        CONTAINER,
        'if text.pop("sha256", None) != digest(text, tensors):',
        'if text.pop("sha256", None) is None:',
        f"{DAMAGE}::test_every_flipped_bit_is_found",
    ),
    Bug(
        "damaged latest rotated over the good previous",
        CHECKPOINTS,
        "keep=self.folder / PREVIOUS if self._latest_is_good else None",
        "keep=self.folder / PREVIOUS",
        f"{DAMAGE}::test_a_damaged_latest_gives_way_to_the_one_before",
    ),
    Bug("slots not restored", PROGRESS, "    optimizer.load_slots(", "    dict(", MORE),
    Bug(
        "average not restored",
        PROGRESS,
        "        into |= _by_path(model, state.average.values, state.average.buffers, AVERAGE)\n",
        "",
        MORE,
    ),
    Bug("batch position not restored", TRAINING, "start=state.batch)", "start=0)", MORE),
    Bug(
        "order by where it was resumed",
        TRAINING,
        "self.batches.order(start_of_epoch)",
        "self.batches.order(first_step + state.step)",
        MORE,
    ),
    Bug(
        "threads not pinned",
        CHECKPOINTS,
        "            training.threads = self._found.threads\n",
        "",
        f"{MATRIX}::test_the_number_of_threads_is_that_of_the_beginning",
    ),
    Bug(
        "lock not taken",
        "framework/saving/lock.py",
        "            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "",
        f"{ONE_WRITER}::test_the_same_process_is_told_that_it_is_itself",
    ),
    Bug(
        "what is not finite saved",
        CHECKPOINTS,
        "        training.check_finite()\n",
        "",
        f"{DIVERGENCE}::test_no_such_number_is_ever_saved",
    ),
    Bug(
        "folder synced before the rename",
        FILES,
        "        os.replace(temporary, path)\n        _sync_folder(path.parent)\n",
        "        _sync_folder(path.parent)\n        os.replace(temporary, path)\n",
        PUBLISH,
    ),
    Bug(
        "previous not kept",
        CHECKPOINTS,
        "keep=self.folder / PREVIOUS if self._latest_is_good else None",
        "keep=None",
        f"{DAMAGE}::test_a_damaged_latest_gives_way_to_the_one_before",
    ),
    Bug(
        "best weights not restored",
        PROGRESS,
        "        into |= _by_path(model, state.best_values, state.best_buffers, BEST)\n",
        "",
        MORE,
    ),
    Bug(
        "order by the epoch alone",
        TRAINING,
        "self.batches.order(start_of_epoch)",
        "self.batches.order(state.epoch)",
        "tests/framework/test_training.py",
    ),
    Bug(
        "other rows accepted",
        CHECKPOINTS,
        "        if self.data != data:\n",
        "        if not data:\n",
        f"{REFUSALS}::test_in_process_too",
    ),
    Bug(
        "gradient that is not finite used",
        STEPPER,
        "if not (math.isfinite(np.dot",
        "if not (True or math.isfinite(np.dot",
        f"{DIVERGENCE}::test_it_stops_at_that_very_step",
    ),
)


def test_every_text_to_be_broken_is_in_its_place() -> None:
    """Also those of the long run, which would find it out too late."""
    lost = [fault.name for fault in FAULTS if (ROOT / fault.file).read_text(encoding="utf-8").count(fault.text) != 1]
    assert not lost


def test_without_a_fault_they_pass(copy: Path) -> None:  # noqa: F811
    assert _outcome(copy, sorted({fault.tests for fault in FAULTS[:AT_ONCE]})) == 0


PLANTED = [
    pytest.param(fault, marks=() if number < AT_ONCE else pytest.mark.long, id=fault.name.replace(" ", "-"))
    for number, fault in enumerate(FAULTS)
]


@pytest.mark.parametrize("planted", PLANTED, indirect=True)
def test_every_planted_fault_is_rejected(planted: Bug, copy: Path) -> None:  # noqa: F811
    assert _outcome(copy, [planted.tests]) == TESTS_FAILED


def test_there_are_enough_of_them() -> None:
    assert len(FAULTS) > AT_ONCE >= 10
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
