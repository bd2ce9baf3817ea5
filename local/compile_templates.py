"""Build step of the mails: shared parts resolved, MJML made HTML, templates made Python, translations made binary.

What a Lambda loads is the result in `templates/compiled`: one module per message and part, whose byte code is shipped
with it, so that a cold start compiles nothing. Tags in [% %] belong to this step, tags in {{ }} and {% %} to the one
that fills in values.

    python -m local.compile_templates
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, ModuleLoader, StrictUndefined

from core.render.render import template_environment

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_GAPS: Final = re.compile(r"\s*\n\s*")


def compile_templates(source: Path = TEMPLATES, target: Path | None = None) -> list[Path]:
    """Write everything that rendering needs; returns the files written.

    Files are replaced one by one and never emptied first, so that a reader beside us sees the old or the new one.
    Raises: ValueError naming the template whose MJML is not well formed.
    """
    folder = target or source / "compiled"
    written = [_write(folder / "mail" / path, code) for path, code in _modules(source / "mail")]
    catalogs = sorted((source / "locales").glob("*/LC_MESSAGES/messages.po"))
    written += [_write_mo(po, folder / po.relative_to(source).with_suffix(".mo")) for po in catalogs]
    for path in (*folder.glob("mail/*/*.py"), *folder.glob("locales/*/*/*.mo")):
        if path not in written:
            path.unlink()  # of a message or a language that is no more
    return written


def _modules(folder: Path) -> Iterator[tuple[str, str]]:
    """Each template as Python code, in the sandbox's own dialect; text and HTML differ in escaping."""
    plain, marked = template_environment(html=False), template_environment(html=True)
    for name, source in _messages(folder):
        html = name.endswith(".html")
        code = (marked if html else plain).compile(source, name, name, raw=True, defer_init=True)
        yield f"{'html' if html else 'text'}/{ModuleLoader.get_module_filename(name)}", code


def _messages(folder: Path) -> Iterator[tuple[str, str]]:
    environment = Environment(
        loader=FileSystemLoader(folder),
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[=",
        variable_end_string="=]",
        comment_start_string="[#",
        comment_end_string="#]",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # templates in, templates out: escaping is done when values are filled in
    )
    for body in sorted(folder.glob("*/body.mjml")):
        kind = body.parent.name
        words = environment.get_template(f"{kind}/words.jinja").render()
        for part in ("subject.txt", "body.txt"):
            yield f"{kind}/{part}", words + environment.get_template(f"{kind}/{part}").render()
        yield f"{kind}/body.html", words + _html(environment.get_template(f"{kind}/body.mjml").render(), body)


def _html(source: str, path: Path) -> str:
    from mjml import mjml2html

    try:
        html = mjml2html(source.strip())
    except Exception as error:  # the library raises its own and built-in kinds alike
        raise ValueError(f"{path}: {error}") from error
    return _GAPS.sub("\n", html)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.write_text(text, encoding="utf-8")
    return fresh.replace(path)


def _write_mo(po: Path, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with po.open("rb") as source, fresh.open("wb") as file:
        write_mo(file, read_po(source, abort_invalid=True))
    return fresh.replace(path)


def main() -> int:
    """Compile into templates/compiled and say how much was written."""
    written = compile_templates()
    sys.stderr.write(f"{len(written)} mail templates and translations compiled\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
