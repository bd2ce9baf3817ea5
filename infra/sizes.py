"""Print the size of each built layer and function, unzipped and zipped, as JSON."""

import argparse
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

LAMBDA_UNZIPPED_LIMIT = 262_144_000  # function and layers together


def sizes(artefact: Path) -> dict[str, int]:
    files = [path for path in sorted(artefact.rglob("*")) if path.is_file()]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(artefact))
    return {
        "files": len(files),
        "unzipped_bytes": sum(path.stat().st_size for path in files),
        "zipped_bytes": len(packed.getvalue()),
    }


def report(build: Path) -> dict[str, Any]:
    """Every artefact of a build, and what the largest function comes to with its layers."""
    artefacts = {path.name: sizes(path) for path in sorted(build.iterdir()) if path.is_dir()}
    layers = sum(size["unzipped_bytes"] for name, size in artefacts.items() if name.endswith("Layer"))
    functions = [size["unzipped_bytes"] for name, size in artefacts.items() if not name.endswith("Layer")]
    return {
        "format_version": 1,
        "artefacts": artefacts,
        "largest_function_with_layers_bytes": layers + max(functions, default=0),
        "lambda_limit_bytes": LAMBDA_UNZIPPED_LIMIT,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, nargs="?", default=Path(".aws-sam/build"))
    build = parser.parse_args().build
    if not build.is_dir():
        print(f"{build} is not there: run `make build` first", file=sys.stderr)
        return 1
    print(json.dumps(report(build), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
