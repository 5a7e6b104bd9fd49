"""chalknet schema: the JSON Schema of spec files."""


def schema() -> None:
    """Print the JSON Schema of spec files, for an editor to complete and check them."""
    import json

    from framework.specs import json_schema

    print(json.dumps(json_schema(), indent=2))
