"""job.json: what a run was asked for, noted in its folder, so that whoever resumes it need not say it again."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framework.errors import InputError, shown_path
from models import digits
from scripts.options import Options


class Job(BaseModel):
    """Paths are absolute. `embedded` says that the training table is the one of this project, wherever that is now.

    Leave to overwrite a file is not noted: it is given by whoever types the command, each time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    recipe: Annotated[str, Field(min_length=1)]
    train: Path
    embedded: bool
    test: Path | None
    predict: Path | None
    out: Path | None
    no_test: bool

    @classmethod
    def of(cls, recipe: str, options: Options) -> "Job":
        paths = {name: getattr(options, name) for name in ("test", "predict", "out")}
        return cls(
            recipe=recipe,
            train=(options.train or digits.TRAIN).absolute(),
            embedded=options.train is None,
            **{name: None if path is None else path.absolute() for name, path in paths.items()},
            no_test=options.no_test,
        )

    @classmethod
    def read(cls, content: bytes, path: Path) -> "Job":
        """Raises InputError, naming `path`, for anything but what a run has written."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = "".join(f"/{step}" for step in first["loc"])
            raise InputError(
                f"{shown_path(path)}: {place or '/'}: {first['msg'].lower()}; expected the file as the run wrote it"
            ) from None

    def options(self, asked: Options) -> Options:
        """What is asked for now, and where nothing is, the tables of the job."""
        train = asked.train or (None if self.embedded else self.train)
        test = asked.test or self.test
        if self.embedded and asked.train is not None and not self.no_test:  # the same rows in another place
            test = test or digits.TEST
        no_test = asked.no_test or (self.no_test and asked.test is None)
        predict, out = asked.predict or self.predict, asked.out or self.out
        return replace(asked, train=train, test=None if no_test else test, predict=predict, out=out, no_test=no_test)
