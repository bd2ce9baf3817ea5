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
from typing import Any, Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    ModuleLoader,
    StrictUndefined,
    nodes,
)
from jinja2.compiler import CodeGenerator, Frame

from core.render.render import SETTLED_PART, template_environment
from local.settle_templates import STRETCH, parted

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
LETTER_OF: Final = "shared/customer.txt"  # messages whose text part extends it can be letters too
_SAID: Final = ("/subject.txt", "/body.txt", "/body.html")  # templates that are rendered whole
_IMPORTS: Final = "from core.render.words import escaped\n"
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
    plain.code_generator_class = marked.code_generator_class = _Python
    for name, source in message_sources(folder):
        html = name.endswith(".html")
        environment = marked if html else plain
        tree = environment.parse(source, name, name)
        parts = {name: tree}
        if name.endswith(_SAID):
            parts[f"{name}{SETTLED_PART}"], parts[name] = parted(tree)
        for written, body in parts.items():
            code = environment.compile(body, written, written, raw=True, defer_init=True)
            yield f"{'html' if html else 'text'}/{ModuleLoader.get_module_filename(written)}", _IMPORTS + code


class _Python(CodeGenerator):
    """Jinja's own Python, but that text which is as it goes out stays so, and nothing is escaped twice."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:  # noqa: ARG002  # as Jinja calls it
        if isinstance(node, nodes.Name) and node.name.startswith(STRETCH):
            self.write("(")
        elif frame.eval_ctx.autoescape:
            self.write("escaped(")
        else:
            self.write("str(")


def _environment(loader: BaseLoader) -> Environment:
    return Environment(
        loader=loader,
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


def message_sources(folder: Path) -> Iterator[tuple[str, str]]:
    """Each template as the build makes it, before it becomes Python: name and source."""
    environment, letters = _environment(FileSystemLoader(folder)), _letters(folder)
    text_marks, html_marks = _marks(folder, "txt"), _marks(folder, "html")
    for body in sorted(folder.glob("*/body.mjml")):
        kind = body.parent.name
        words = environment.get_template(f"{kind}/words.jinja").render()
        for part, marks in (("subject.txt", _marks(folder, "subject")), ("body.txt", text_marks)):
            yield f"{kind}/{part}", marks + words + environment.get_template(f"{kind}/{part}").render()
        if letters and LETTER_OF in (body.parent / "body.txt").read_text(encoding="utf-8"):
            yield f"{kind}/letter", text_marks + words + letters.get_template(f"{kind}/body.txt").render()
        html = _html(environment.get_template(f"{kind}/body.mjml").render(), body)
        yield f"{kind}/body.html", (html_marks + words).strip() + html.strip() + "\n\n"  # of which the lexer takes one
    texts = folder.parent / "texts" / "words.jinja"
    if texts.is_file():
        yield "texts", texts.read_text(encoding="utf-8")


def _letters(folder: Path) -> Environment | None:
    """Templates as letters see them: the frame of the text part gives way to the words of a letter."""
    frame = folder.parent / "letters" / "words.jinja"
    if not frame.is_file():
        return None
    instead = DictLoader({LETTER_OF: frame.read_text(encoding="utf-8")})
    return _environment(ChoiceLoader([instead, FileSystemLoader(folder)]))


def _marks(folder: Path, part: str) -> str:
    """What a part of every message says before its words: the sides of the page, what runs from left to right."""
    path = folder / "shared" / f"marks.{part}.jinja"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _html(source: str, path: Path) -> str:
    from mjml import mjml2html

    try:
        html = mjml2html(source.strip())
    except Exception as error:  # the library raises its own and built-in kinds alike
        raise ValueError(f"{path}: {error}") from error
    # some programs drop the head, or read no style that turns the page: each table and the body say it again
    html = html.replace("<table ", "<table{{ sided }} ").replace(
        "<body ", '<body lang="{{ language }}" dir="{{ direction }}" '
    )
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
