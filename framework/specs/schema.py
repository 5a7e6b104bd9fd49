"""The JSON Schema of a spec file, so that an editor completes and checks it."""

from pydantic import TypeAdapter

from framework.specs.complaints import Json
from framework.specs.model import ModelSpec
from framework.specs.run import RunSpec


def json_schema() -> dict[str, Json]:
    """JSON Schema (draft 2020-12) of every file `read_spec` takes: a RunSpec or a ModelSpec, `format` included."""
    schema = TypeAdapter(RunSpec | ModelSpec).json_schema()
    for name in ("RunSpec", "ModelSpec"):
        schema["$defs"][name]["properties"]["$schema"] = {"type": "string", "title": "Where this schema is"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "chalknet spec",
        "required": ["format"],
        **schema,
    }
