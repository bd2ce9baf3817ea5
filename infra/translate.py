"""Print template.yaml as CloudFormation sees it after the SAM transform, as JSON.

Linting the translation finds what the SAM file hides: misspelt event properties, retry limits, visibility time-outs.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

REGION = "eu-west-1"


def translate(template: Path) -> dict[str, Any]:
    """The translated template, with the parameters' defaults; needs no credentials.

    Raises: samtranslator's InvalidDocumentException, whose message names each logical id and its fault.
    """
    document = yaml_parse(template.read_text(encoding="utf-8"))
    defaults = {name: parameter.get("Default", "") for name, parameter in document.get("Parameters", {}).items()}
    for resource in document["Resources"].values():
        # what `sam build` would have put there; the translator asks only for an S3 address
        for key in ("CodeUri", "ContentUri"):
            if key in resource.get("Properties", {}):
                resource["Properties"][key] = f"s3://artefacts/{key}"
    code = document.get("Globals", {}).get("Function", {})
    if "CodeUri" in code:
        code["CodeUri"] = "s3://artefacts/CodeUri"
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    translated: dict[str, Any] = translator.translate(sam_template=document, parameter_values=defaults)
    return translated


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("template", type=Path, nargs="?", default=Path("template.yaml"))
    json.dump(translate(parser.parse_args().template), sys.stdout, indent=1, default=str)
    return 0


if __name__ == "__main__":
    sys.exit(main())
