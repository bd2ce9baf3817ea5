"""Prints own words with sample messages, in a process of its own: one that never ends, or fills the memory, ends there.

    python -m local.own_words.trial < {"own": ..., "files": {"text": "warning.de/body.txt"}}

The answer is one JSON list of findings.
"""

import json
import resource
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

from jinja2 import TemplateError, UndefinedError
from pydantic import TypeAdapter

from core.formats.errors import Code, InputError, clip
from core.own.required import missing_facts, printed_faults
from core.own.text import EVERY, OwnText, Part
from core.render.formats import LANGUAGES
from core.render.render import render_parts

CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 60
MEMORY_BYTES: Final = 1_000_000_000
_FINDINGS: Final = TypeAdapter(list[InputError])
_PARTS: Final[tuple[Part, ...]] = get_args(Part)


def try_out(own: OwnText, files: Mapping[Part, str], *, seconds: int = CPU_SECONDS) -> list[InputError]:
    """What goes wrong when the words are printed with every sample message.

    Args: `files` names the parts that are own; `seconds` of computing, beyond the start, that they may take.
    """
    asked = json.dumps({"own": own.model_dump(mode="json"), "files": dict(files), "seconds": seconds})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "local.own_words.trial"],
            input=asked, capture_output=True, text=True, timeout=WALL_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return [_failed(files, f"does not come to an end within {WALL_SECONDS} seconds")]
    if done.returncode:
        return [_failed(files, f"takes more than {seconds} seconds or {MEMORY_BYTES // 10**6} MB to print")]
    return _FINDINGS.validate_json(done.stdout)


def _failed(files: Mapping[Part, str], problem: str) -> InputError:
    return InputError(Code.TEMPLATE_FAILED, next(iter(files.values())), 0, problem)


def trial(own: OwnText, files: Mapping[Part, str]) -> list[InputError]:
    """As `try_out`, in this process and without limits."""
    return list(dict.fromkeys(fault for model in _models(own) for fault in _printed(own, model, files)))


def _models(own: OwnText) -> Iterator[Any]:
    from local.preview.samples import models

    for language in LANGUAGES if own.language == EVERY else (own.language,):
        yield from (
            model for model in models(own.kind, language) if model.kind == own.kind
        )  # not what softer words say


def _printed(own: OwnText, model: Any, files: Mapping[Part, str]) -> Iterator[InputError]:
    values = {name: getattr(model, name) for name in model.__dataclass_fields__}
    for part, file in files.items():
        alone = OwnText(sentences=own.sentences, **{part: own.part(part)})  # type: ignore[arg-type]
        try:
            printed = render_parts(own.kind, model.language, values, own=alone)[_PARTS.index(part)]
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            yield InputError(Code.TEMPLATE_FAILED, file, _line_of(error), _said(error))
            continue
        faults = printed_faults(part, printed, file)
        yield from faults
        if part != "subject" and not faults:
            yield from missing_facts(part, printed, model, file)


def _line_of(error: BaseException) -> int:
    """The template's line: Jinja puts it into the trace."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return (lines[-1] or 0) if lines else 0


def _said(error: BaseException) -> str:
    if isinstance(error, UndefinedError):
        return f"a value is not there: {clip(error.message or '')}"
    return f"cannot be printed: {clip(str(error)) or type(error).__name__}"


def main() -> int:
    """The process of its own."""
    asked = json.load(sys.stdin)
    own = OwnText.model_validate(asked["own"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + asked["seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.stdout.write(_FINDINGS.dump_json(trial(own, asked["files"])).decode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
