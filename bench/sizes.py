"""What is deployed, in bytes: the layers and each function's own package."""

from pathlib import Path

from bench.figures import Figure, Measured
from infra import sizes


def measure(build: Path) -> Measured:
    """Of the artefacts that are there, as old as they may be."""
    what, beside = "artefacts, unzipped", "zipped"
    if not build.is_dir():
        return Measured(what, beside, missing=f"{build.name} is not built: run `make build`")
    report = sizes.report(build)
    figures = [
        Figure(name, found["unzipped_bytes"], "bytes", found["zipped_bytes"])
        for name, found in report["artefacts"].items()
    ]
    figures.append(Figure("largest_function_with_layers", report["largest_function_with_layers_bytes"], "bytes"))
    return Measured(what, beside, tuple(figures), {"lambda_limit_bytes": report["lambda_limit_bytes"]})
