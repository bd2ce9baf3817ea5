"""The SAM transform, in this process.

moto's CloudFormation has no transform: given the SAM file it would skip every AWS::Serverless resource without a word.
So the template is translated by the library that the real transform is built on, and only then handed to moto.
"""

import base64
import copy
import io
import json
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

TRANSFORM: Final = "AWS::Serverless-2016-10-31"
# The translator wants an address in S3 for whatever `sam build` would upload.
_PLACEHOLDER: Final = "s3://local/code"
_LOCAL_PATHS: Final = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


def translate(template: Path, parameters: Mapping[str, str], *, region: str) -> dict[str, Any]:
    """The plain CloudFormation document of a SAM template; a template without the transform comes back as it is."""
    text = template.read_text(encoding="utf-8")
    transforms = _parsed(text).get("Transform", [])
    if TRANSFORM not in ([transforms] if isinstance(transforms, str) else transforms):
        return copy.deepcopy(_parsed(text))
    document: dict[str, Any] = json.loads(_translated(text, tuple(sorted(parameters.items())), region))
    return document


@lru_cache(maxsize=4)
def _translated(text: str, parameters: tuple[tuple[str, str], ...], region: str) -> str:
    """As JSON, once for each process: most of what a second engine would cost."""
    document = copy.deepcopy(_parsed(text))
    for resource in document["Resources"].values():
        if (path := _LOCAL_PATHS.get(resource["Type"])) is not None:
            resource.setdefault("Properties", {})[path] = _PLACEHOLDER
    values = {name: slot.get("Default", "") for name, slot in document.get("Parameters", {}).items()}
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=region))
    translated: dict[str, Any] = translator.translate(
        sam_template=document,
        parameter_values={**values, **dict(parameters)},
        feature_toggle=None,
        passthrough_metadata=True,
    )
    translator.metrics.publish()  # to nowhere; unasked, it complains when the process ends
    return json.dumps(_without_uploads(translated))


@lru_cache(maxsize=4)
def _parsed(text: str) -> dict[str, Any]:
    """The document as it is written; reading it is most of what the start of an engine costs."""
    document: dict[str, Any] = yaml_parse(text)
    return document


def _without_uploads(document: dict[str, Any]) -> dict[str, Any]:
    """Code inline: handlers run in this process, and moto would look for the placeholder in S3."""
    plain: dict[str, Any] = json.loads(json.dumps(document, default=str))
    for resource in plain["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"] = {"ZipFile": "# runs in the engine's own process\n"}
        elif resource["Type"] == "AWS::Lambda::LayerVersion":
            resource["Properties"]["Content"] = {"ZipFile": _empty_zip()}
    return plain


def _empty_zip() -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("python/"), "")  # a fixed date: the same bytes every time
    return base64.b64encode(buffer.getvalue()).decode()
