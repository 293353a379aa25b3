"""docs/records.md has every file of a run and every field of the record, in the order of the schema."""

import re

import pytest
from support.places import ROOT

import harness.record.schema as schema
from harness.record.folder import RunFolder

PAGE = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
NAMED = [getattr(schema, name) for name in schema.__all__]
PARTS = [each for each in NAMED if isinstance(each, type)]


def rows(heading):
    """[field, form, meaning] of the table under a heading."""
    text = PAGE.split(f"\n{heading}\n", 1)[1]
    text = re.split(r"\n#+ ", text, maxsplit=1)[0]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def in_files(model):
    """The names of a part's own fields, as files have them."""
    inherited = {name for base in model.__bases__ for name in getattr(base, "model_fields", {})}
    fields = {name: info for name, info in model.model_fields.items() if name not in inherited}
    return [info.serialization_alias or name for name, info in fields.items()]


@pytest.mark.parametrize("model", PARTS, ids=lambda model: model.__name__)
def test_every_field_has_its_row(model):
    assert [field.strip("`") for field, *_ in rows(f"### {model.__name__}")] == in_files(model)


@pytest.mark.parametrize("model", PARTS, ids=lambda model: model.__name__)
def test_every_field_has_a_form_and_a_meaning(model):
    for row in rows(f"### {model.__name__}"):
        assert len(row) == 3, row
        assert all(row), row


@pytest.mark.parametrize("model", PARTS, ids=lambda model: model.__name__)
def test_what_may_be_null_is_said(model):
    said = {field.strip("`"): form + meaning for field, form, meaning in rows(f"### {model.__name__}")}
    for name, text in said.items():
        info = model.model_fields.get(name) or model.model_fields["glob"]
        if type(None) in getattr(info.annotation, "__args__", ()):
            assert "null" in text, name


def test_there_is_a_table_for_every_part_of_the_schema_and_no_other():
    headings = set(re.findall(r"^### (\w+)$", PAGE, flags=re.M))
    assert headings == {model.__name__ for model in PARTS}


def test_the_versions_are_todays():
    from harness.record.identity import IDENTITY

    said = {field.strip("`"): meaning for field, _, meaning in rows("### RunRecord")}
    assert said["schema_version"].endswith(f"; {schema.SCHEMA}")
    assert said["identity"].endswith(f"; {IDENTITY}")


def test_every_file_of_a_run_is_named(whole):
    named = {file.strip("`") for file, *_ in rows("## The files of a run")}
    kinds = {
        value.name
        for name in dir(RunFolder)
        if isinstance(getattr(RunFolder, name), property)
        and name != "path"
        and hasattr(value := getattr(whole, name), "name")
    }
    assert kinds == named
    there = {path.name for path in whole.path.iterdir()}
    assert there <= named | {"lock"}
