"""`pastdue import --propose FILE`: a mapping for a table that nobody has described yet, for a person to look at."""

from pathlib import Path

from local.cli.errors import CliError
from local.cli.output import hint, say, show


def show_proposal(file: Path) -> None:
    """A mapping for a table that nobody has described yet, for a person to look at."""
    from core.formats.any_table import propose_for
    from core.formats.errors import InputError

    found = propose_for(file)
    if isinstance(found, InputError):
        raise CliError(f"{file.name}: no mapping can be proposed", "pastdue import --help", findings=[found])
    text = found.text(file.stem)
    columns = {name: column.name for name, column in found.columns.items()}
    show("import --propose", {"mapping": text, "columns": columns, "missing": list(found.missing)}, text)
    if found.missing or "???" in text:
        say("fill in what is marked ??? before it is used")
    hint(f"pastdue import {file} --mapping MAPPING.yaml")
