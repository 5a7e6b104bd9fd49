"""python -m scripts.benchmark: the arithmetic of its tables, what it refuses, its processes, and what it keeps.

No library to compare with is needed here; how they fare is what the benchmark itself says.
"""

import json
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from framework import read_table
from framework.errors import EnvironmentFault, InputError
from models.digits import load_training_digits
from scripts import benchmark
from scripts.benchmarks import cost, entries, growth, libraries, request, steps, whole_job
from scripts.benchmarks.command import Finished
from scripts.benchmarks.figures import Figures, better, table
from scripts.benchmarks.inference import lines as inference_lines
from scripts.benchmarks.machine import Machine
from scripts.benchmarks.part import Part
from scripts.benchmarks.peers.job import StepJob
from scripts.benchmarks.request import DATA, PARTS, TEXT, Request
from scripts.benchmarks.sample_tables import FORMAT, Tables, held_out, write_table
from scripts.failing import BAD_INPUT


class TestFigures:
    FOUND = (Figures("a", 1, (3.0, 1.0, 2.5)), Figures("b", 1, (9.0,)), Figures("a", 2, (2.0, 2.0, 9.0)))

    def test_medians_and_ends(self) -> None:
        one = self.FOUND[0]
        assert (one.median, one.lowest, one.highest) == (2.5, 1.0, 3.0)
        assert one.each(lambda x: 2 * x) == Figures("a", 1, (6.0, 2.0, 5.0))

    def test_the_better_number_of_threads_by_median(self) -> None:
        assert [(one.name, one.threads) for one in better(self.FOUND, most=True)] == [("a", 1), ("b", 1)]
        assert [(one.name, one.threads) for one in better(self.FOUND, most=False)] == [("a", 2), ("b", 1)]

    def test_a_table(self) -> None:
        assert table(("x", "s"), [("a", "1")]) == ["| x | s |", "| --- | ---: |", "| a | 1 |", ""]

    def test_through_json_and_back(self) -> None:
        tree = json.loads(json.dumps([one.as_tree() for one in self.FOUND]))
        assert [Figures(one["name"], one["threads"], tuple(one["rounds"])) for one in tree] == list(self.FOUND)
        assert [one["median"] for one in tree] == [2.5, 9.0, 2.0]


class TestTables:
    def test_steps_say_how_many_times_as_fast_the_first_is(self) -> None:
        found = [Figures("us", 1, (90.0,)), Figures("us", 2, (1200.0,)), Figures("them", 1, (600.0, 400.0, 500.0))]
        assert steps.lines(StepJob(128, 32), found) == [
            "| 784-128-10, batches of 32, sgd | samples/s | from - to | threads | us is |",
            "| --- | ---: | ---: | ---: | ---: |",
            "| us | 1,200 | 1,200 - 1,200 | 2 |  |",
            "| them | 500 | 400 - 600 | 1 | 2.40 x |",
            "",
        ]

    def test_the_overview_has_a_column_for_each_job(self) -> None:
        found = {
            StepJob(128, 32): [Figures("us", 1, (90.0,)), Figures("us", 2, (1200.0,)), Figures("them", 1, (500.0,))],
            StepJob(800, 64, "adam"): [Figures("us", 1, (90.0,)), Figures("them", 2, (100.0,))],
        }
        assert steps.overview(found) == [
            "| 784-H-10 | H 128, 32, sgd | H 800, 64, adam |",
            "| --- | ---: | ---: |",
            "| us, samples/s | 1,200 | 90 |",
            "| beside them | 2.40 x | 0.90 x |",
            "",
        ]

    def test_what_adam_costs_in_time(self) -> None:
        found = {
            StepJob(128, 32): [Figures("chalknet", 1, (150.0,)), Figures("other", 1, (7.0,))],
            StepJob(128, 32, "adam"): [Figures("chalknet", 1, (50.0,)), Figures("chalknet", 2, (120.0,))],
            StepJob(800, 32, "adam"): [Figures("chalknet", 1, (1.0,))],
        }
        assert steps.adam_lines(found) == [
            "What Adam costs chalknet over SGD, in time: +25% (H 128, batches of 32).",
            "",
        ]

    def test_answering_fewer_seconds_are_faster(self) -> None:
        found = [Figures("us", 1, (20.0,)), Figures("us", 2, (90.0,)), Figures("them", 1, (50.0,))]
        lines = inference_lines("one", "µs", found)
        assert lines[2:4] == ["| us | 20.0 | 20.0 - 20.0 | 1 |  |", "| them | 50.0 | 50.0 - 50.0 | 1 | 2.50 x |"]

    def test_growth_against_linear(self) -> None:
        jobs = (StepJob(64, 128, rows=100), StepJob(64, 128, rows=400), StepJob(64, 128, rows=1600))
        seconds = (0.5, 2.0, 16.0)
        found = [Figures(growth.name(job), 2, (100.0,)) for job in jobs]
        found += [Figures(growth.name(job), 1, (time,)) for job, time in zip(jobs, seconds, strict=True)]
        rows = growth.lines("rows", jobs, found, lambda job: job.rows)[2:5]
        assert [row.split(" | ")[-1] for row in rows] == ["1.00 |", "1.00 |", "2.00 |"]

    def test_the_job_against_chalknet(self) -> None:
        found = [Figures("chalknet, cold", None, (4.0,)), Figures("x", 1, (9.0,)), Figures("x", 2, (6.0,))]
        memory = {("chalknet, cold", None): 150.4, ("x", 1): 900.0, ("x", 2): 700.0}
        lines = whole_job.lines(found, memory, {"chalknet, cold": 0.97125, "x": 0.9})
        assert lines[2:4] == [
            "| chalknet, cold | 4.00 | 4.00 - 4.00 | auto |  | 150 | 97.12% |",
            "| x | 6.00 | 6.00 - 6.00 | 2 | 1.50 x | 700 | 90.00% |",
        ]

    def test_points_from_the_mean_of_the_others(self) -> None:
        accuracies = {"chalknet, cold": 0.970, "chalknet, warm": 0.1, "x": 0.971, "y": 0.973}
        line = "On the rows held out chalknet has 97.00%, the others 97.10% to 97.30%: -0.20 points from their mean."
        assert whole_job.agreement(accuracies)[0] == line

    def test_imports_are_counted_without_python(self) -> None:
        seconds = {
            name: Figures(name, None, (0.5,)) for name in (cost.NOTHING, "x")
        } | {"x": Figures("x", None, (0.75, 0.7, 0.8))}  # fmt: skip
        assert cost.import_lines(seconds)[2:4] == [
            "| Python alone |  | 0.500 | 0.500 - 0.500 |",
            "| x | 0.250 | 0.750 | 0.700 - 0.800 |",
        ]

    def test_memory_nobody_tells_is_not_zero(self) -> None:
        assert cost.memory_lines({"x": Finished(1.0), "y": Finished(1.0, largest=99.6, together=120.2)})[2:4] == [
            "| x | - | - |",
            "| y | 100 | 120 |",
        ]


def _installed(monkeypatch: pytest.MonkeyPatch, *, but: tuple[str, ...] = ()) -> None:
    """As if all libraries were installed but those."""

    def version(package: str) -> str:
        if package in but:
            raise PackageNotFoundError(package)
        return "1.0"

    monkeypatch.setattr(libraries, "version", version)


class TestRequest:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["stpes"], "part: got 'stpes'; expected one of steps, job, inference, cost, growth"),
            (["--rounds", "0"], "--rounds: got '0'; expected an integer of 1 or more"),
            (["--rounds", "many"], "--rounds: got 'many'; expected an integer of 1 or more"),
            (["job", "--train", "x.csv"], "--train and --test: got one of the two; expected both or neither"),
        ],
    )
    def test_wrong_words(self, words: list[str], message: str) -> None:
        with pytest.raises(InputError) as caught:
            Request.of(words)
        assert str(caught.value) == message

    def test_parts_come_in_their_order_and_once(self) -> None:
        assert Request.of([]) == Request(PARTS, None, request.ROUNDS, None)
        assert Request.of(["growth", "job", "growth", "--rounds", "2"]) == Request(("job", "growth"), None, 2)

    def test_a_missing_library_is_named_with_the_way_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _installed(monkeypatch, but=("jax", "scikit-learn"))
        with pytest.raises(InputError) as caught:
            Request(("job", "growth")).check()
        expected = "job: jax, scikit-learn not installed; expected all libraries to compare with"
        assert (str(caught.value), "pip install -e '.[bench]'" in str(caught.value.hint)) == (expected, True)
        Request(("growth",)).check()

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / DATA).write_text("mine")
        with pytest.raises(InputError, match="got a file that exists; expected a new name"):
            Request(("growth",), out=tmp_path).check()

    def test_tables_are_looked_at_first(self, digits_csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        _installed(monkeypatch)
        with pytest.raises(InputError, match="label"):  # a test.csv has none
            Request(("job",), Tables(digits_csv, digits_csv)).check()

    def test_the_command_says_it_in_a_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["benchmark", "stpes"])
        monkeypatch.setattr("signal.signal", lambda *_: None)
        with pytest.raises(SystemExit) as stop:
            benchmark.main()
        assert stop.value.code == BAD_INPUT
        assert capsys.readouterr().err.splitlines() == [
            "error: part: got 'stpes'; expected one of steps, job, inference, cost, growth"
        ]


class TestKeeping:
    def test_what_is_done_is_kept_when_a_later_part_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        figures = Figures("chalknet", 2, (0.1, 0.30000000000000004))

        def part(name: str, *_: object, **__: object) -> Part:
            if name == "growth":
                raise EnvironmentFault("no more")
            return Part((f"## {name}", "µs", ""), {"s": [figures.as_tree()]})

        monkeypatch.setattr(benchmark, "measured", part)
        _installed(monkeypatch)
        out = tmp_path / "new" / "folder"
        with pytest.raises(EnvironmentFault):
            benchmark.run(Request(("steps", "growth"), rounds=2, out=out))
        tree = json.loads((out / DATA).read_text(encoding="utf-8"))
        assert tree["parts"] == {"steps": {"s": [{**figures.as_tree(), "rounds": list(figures.rounds)}]}}
        assert (tree["rounds"], tree["machine"]["python"]) == (2, Machine.here().python)
        text = (out / TEXT).read_text(encoding="utf-8")
        assert text.splitlines()[-2:] == ["## steps", "µs"]
        assert capsys.readouterr().out.strip() == text.strip()

    def test_the_heading_names_machine_and_versions(self) -> None:
        machine = Machine.here()
        heading = "\n".join(machine.lines())
        for part in (machine.date, machine.processor, f"{machine.cores} usable cores", f"Python {machine.python}"):
            assert part
            assert part in heading
        assert f"numpy {np.__version__}" in heading


class TestSampleTables:
    def test_written_and_read(self, tmp_path: Path) -> None:
        digits = load_training_digits()
        write_table(tmp_path / "train.csv", digits.x[:30], digits.y[:30])
        write_table(tmp_path / "test.csv", digits.x[:30])
        Tables(tmp_path / "train.csv", tmp_path / "test.csv").check()
        read = read_table(tmp_path / "train.csv", FORMAT, cache=False).dataset()
        np.testing.assert_array_equal(read.x, digits.x[:30])
        np.testing.assert_array_equal(read.y, digits.y[:30])

    def test_the_last_tenth_is_held_out_and_its_labels_with_it(self, digits_csv: Path, tmp_path: Path) -> None:
        tables, labels = held_out(digits_csv, tmp_path)
        whole = read_table(digits_csv, FORMAT, cache=False).dataset()
        first = read_table(tables.train, FORMAT, cache=False).dataset()
        rest = read_table(tables.test, FORMAT, labelled=False, cache=False)
        assert (len(first), len(labels)) == (540, 60)
        np.testing.assert_array_equal(np.concatenate([first.x, rest.features]), whole.x)
        np.testing.assert_array_equal(np.concatenate([first.y, labels]), whole.y)

    @pytest.mark.parametrize("text", ["ImageId,Label\n1,7\n3,2\n", "Id,Label\n1,7\n", "ImageId,Label\n1,x\n"])
    def test_a_submission_that_is_none(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "out.csv"
        path.write_text(text)
        with pytest.raises(EnvironmentFault, match=r"somebody: its submission"):
            entries.submitted("somebody", path)
        path.write_text("ImageId,Label\n1,7\n2,0\n")
        assert entries.submitted("somebody", path).tolist() == [7, 0]


class TestEntries:
    def test_chalknet_fills_its_cache_first_and_others_run_with_one_thread_and_with_all(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(entries, "usable_cores", lambda: 4)
        found = entries.entries()
        assert [(one.name, one.threads) for one in found[:2]] == [
            ("chalknet, cache cold", None),
            ("chalknet, cache warm", None),
        ]
        others = {one.name for one in found[2:]}
        assert sorted((one.name, one.threads) for one in found[2:]) == sorted((n, t) for n in others for t in (1, 4))
        once = entries.once_each()
        assert once == [*found[:2], *(one for one in found if one.threads == 1)]

    def test_every_job_is_a_module(self) -> None:
        folder = Path(entries.__file__).parent / "jobs"
        modules = {one.module for one in entries.entries()} - {None}
        assert modules == {path.stem for path in folder.glob("*.py")} - {"__init__"}

    def test_the_words_of_a_job(self) -> None:
        tables, out = Tables(Path("a.csv"), Path("b.csv")), Path("there/out.csv")
        peer = entries.Entry("x", 1, "pytorch", ("--loader",)).words(tables, out)
        assert peer == ["-m", "scripts.benchmarks.jobs.pytorch", "a.csv", "b.csv", "there/out.csv", "--loader"]
        own = " ".join(entries.Entry("chalknet", None).words(tables, out))
        assert own.endswith("train plain-128 --train a.csv --predict b.csv --run there/out --out there/out.csv")
