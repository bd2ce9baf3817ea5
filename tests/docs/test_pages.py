"""Pages that lead somewhere: links resolve, commands exist, pictures are there."""

import re
from typing import Any

import pytest
from typer.main import get_command

from infra.draw_states import PAGE, drawn
from local.cli.main import app
from tests.docs.pages import DOCS, ROOT, Page, page, pages

EVERY = pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
PICTURE_LIMIT = 400_000  # bytes
PROGRAM = get_command(app)


def resolve(words: list[str]) -> tuple[Any, list[str]]:
    """The command that a command line after `pastdue` names, and what is left of the line."""
    command, left = PROGRAM, list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    return command, left


def complaint(words: list[str]) -> str | None:
    """What is wrong with a command line after `pastdue`; None when it would be understood."""
    if not words or words[0] == "COMMAND":
        return None  # the program itself, or any command of it
    command, left = resolve(words)
    options = {option: param for param in command.params for option in (*param.opts, *param.secondary_opts)}
    if not left:
        runs = not getattr(command, "commands", None) or command.invoke_without_command
        return None if runs else f"{' '.join(words)} is not complete"
    if getattr(command, "commands", None) and not left[0].startswith("-"):
        return f"{left[0]} is no command"
    for word in left:
        if word.startswith("-") and word.split("=")[0] not in {*options, "--help", "-h", "--version"}:
            return f"{' '.join(words[: len(words) - len(left)])} has no option {word}"
    return None


@EVERY
def test_links_resolve(each: Page) -> None:
    for link in each.links():
        if link.startswith(("https://", "mailto:")):
            continue
        target, _, fragment = link.partition("#")
        path = (each.path.parent / target).resolve() if target else each.path
        assert path.exists(), f"{each.name}: {link}"
        if fragment:
            assert fragment in Page(path).anchors(), f"{each.name}: {link}"


@EVERY
def test_a_file_that_is_named_is_there(each: Page) -> None:
    named = [span for span in each.spans() if re.fullmatch(r"(core|functions|local|infra|tests|bench)/[\w./-]*", span)]
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_map_names_every_folder_of_the_core() -> None:
    rows = page("docs/architecture.md").sections()["Where what lies"]
    there = {f"`{path.parent.relative_to(ROOT)}/`" for path in (ROOT / "core").glob("*/__init__.py")}
    assert {folder for folder in there if folder not in rows} == set()


@EVERY
def test_commands_exist(each: Page) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    targets |= set(re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    spans = [words for span in each.spans() if (words := span.split()) and words[0] in ("pastdue", "make")]
    for words in (*each.commands(), *spans):
        program = words[0].rpartition("/")[2]
        if program == "pastdue":
            assert complaint(words[1:]) is None, f"{each.name}: {' '.join(words)}: {complaint(words[1:])}"
        if program == "make" and len(words) > 1:
            assert words[1] in " ".join(targets).split(), f"{each.name}: {' '.join(words)}"


@pytest.mark.parametrize(
    "line",
    ["frobnicate", "run --as-off 2026-01-01", "config", "outbox list", "policy check x --stack y"],
)
def test_a_command_that_does_not_exist_is_noticed(line: str) -> None:
    assert complaint(line.split()) is not None


@EVERY
def test_a_page_names_no_machine(each: Page) -> None:
    assert not re.search(r"/work/|/root/|/home/", each.text)


@EVERY
def test_tables_have_as_many_cells_in_each_row(each: Page) -> None:
    width = 0
    for number, line in enumerate(each.prose.splitlines(), start=1):
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        width = width or cells
        assert cells == width, f"{each.name}, line {number} of the prose: {line}"


def test_pictures_are_small() -> None:
    pictures = list((DOCS / "images").glob("*.png"))
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < PICTURE_LIMIT, picture.name


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (each.path.parent / link.partition("#")[0]).resolve()
        for each in pages()
        for link in each.links()
        if not link.startswith("https://")
    }
    orphans = [each.name for each in pages() if each.path not in linked and each.path.name != "README.md"]
    assert not orphans


def test_the_send_protocol_is_drawn_as_it_is() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert drawn(text) == text, "run: python -m infra.draw_states"


def test_every_decision_is_dated_listed_and_says_what_was_refused() -> None:
    listed = page("docs/decisions/README.md").links()
    numbers = []
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        assert path.name in listed
        assert re.search(r"^20\d\d-\d\d-\d\d · ", text, re.MULTILINE), path.name
        assert "**Refused**" in text, path.name
        numbers.append(int(path.name[:4]))
        assert text.startswith(f"# {numbers[-1]}. "), path.name
    assert numbers == list(range(1, len(numbers) + 1))
