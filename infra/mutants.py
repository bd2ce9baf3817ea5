"""Change the decision core a little at a time with mutmut, and say which changes neither the types nor a test notices.

mutmut makes the changed copies ("mutants") and knows which tests reach which function. It would collect the tests anew
for each of them, which takes ten times as long as running them; here one process collects them once and forks for each
mutant. It has run no test before, so nothing that the code keeps once it is worked out hides a mutant.
"""

import argparse
import gc
import math
import mmap
import os
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest
from pathlib import Path
from types import SimpleNamespace

import mutmut.__main__ as commands
import pytest
from _pytest.config import _prepareconfig
from _pytest.main import Session
from hypothesis import Phase, settings
from mutmut.configuration import config
from mutmut.mutation import trampoline
from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.stats import status_by_exit_code
from mutmut.type_checking import run_type_checker
from mutmut.utils.file_utils import change_cwd, walk_mutatable_files
from mutmut.utils.format_utils import get_mutant_name
from mutmut.workers import isolation

TYPES, KILLED, LATE, UNTRIED = "caught by type check", "killed", "timeout", "not checked"
INSTANT = struct.Struct("d")
OF_ALL = {"request", "_syrupy_apply_ide_patches"}  # fixtures that plugins give every test


class CollectedOnce(PytestRunner):
    """Tests collected before the first fork; the process of a mutant runs those that reach the changed function."""

    patience = math.inf  # seconds: slower tests are left out

    def warm_up(self) -> None:
        """Collect, and make room that all processes share: when each test noticed a mutant last."""
        chosen = [*config().pytest_add_cli_args, *config().pytest_add_cli_args_test_selection]
        with change_cwd("mutants"):
            options = _prepareconfig(["--rootdir=.", "--tb=no", "-s", "-q", "-x", *chosen])
            options._do_configure()  # noqa: SLF001 - no public way stops before the tests
            self.session = Session.from_config(options)
            options.hook.pytest_sessionstart(session=self.session)
            options.hook.pytest_collection(session=self.session)
        self.number = {item.nodeid: number for number, item in enumerate(self.session.items)}
        self.noticed = mmap.mmap(-1, INSTANT.size * len(self.number))

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        """The exit code: 1 when a test failed, which ends it. Those that noticed a mutant last come first."""
        if mutant_name is None:
            return int(super().run_tests(mutant_name=mutant_name, tests=tests))
        gc.disable()  # the process is gone before it matters
        trampoline.get_mutant_under_test = lambda: mutant_name  # is asked at every call, and reads the environment
        numbers = sorted(
            (self.number[test] for test in tests if state().duration_by_test[test] <= self.patience), key=self._order
        )
        with change_cwd("mutants"):
            for number, after in zip_longest(numbers, numbers[1:]):
                if not self._passes(self.session.items[number], None if after is None else self.session.items[after]):
                    INSTANT.pack_into(self.noticed, number * INSTANT.size, time.monotonic())
                    return 1
        return 0

    def _passes(self, item: pytest.Item, after: pytest.Item | None) -> bool:
        """Whether a test passes; one that needs no fixture is called as it is, which takes half the time."""
        values = item.callspec.params if hasattr(item, "callspec") else {}
        if not isinstance(item, pytest.Function) or set(item.fixturenames) - set(values) - OF_ALL:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
            return not self.session.testsfailed
        try:
            item.obj(**values)
        except pytest.skip.Exception:
            return True
        except BaseException:  # noqa: BLE001 - whatever a mutant does but pass
            return False
        return True

    def _order(self, number: int) -> tuple[float, float]:
        (when,) = INSTANT.unpack_from(self.noticed, number * INSTANT.size)
        return -when, state().duration_by_test[self.session.items[number].nodeid]


def fork_server(max_workers: int = 1) -> isolation.MutantRunner:
    """What mutmut runs the mutants with."""
    return isolation.ForkServerRunner(max_workers=max_workers, test_runner_class=CollectedOnce, test_runner_args={})


def refused_by_types() -> dict[str, SimpleNamespace]:
    """The mutants that strict types refuse, with the error. mutmut finds their lines by parsing; it has noted them."""
    refused: dict[str, SimpleNamespace] = {}
    with change_cwd("mutants"):
        errors = run_type_checker(config().type_check_command)
    for name, at in groupby(sorted(errors, key=lambda one: str(one.file_path)), key=lambda one: one.file_path):
        path = name.relative_to(Path("mutants").absolute())
        spans = MutantLineSpans.load(path).span_by_function_name
        functions = {line: function for function, span in spans.items() for line in range(span.start, span.end + 1)}
        for error in at:
            refused.setdefault(get_mutant_name(path, functions[error.line_number]), SimpleNamespace(error=error))
    return refused


def found() -> Iterator[tuple[SourceFileMutationData, dict[str, str]]]:
    """Each changed module, and what became of its mutants by their names."""
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        if data.exit_code_by_key:
            yield data, {name: status_by_exit_code[code] for name, code in data.exit_code_by_key.items()}


def forget_survivors() -> None:
    """Have what lived tried again: mutmut looks whether a function changed, not whether there are new tests."""
    for data, outcomes in found():
        for name, outcome in outcomes.items():
            if outcome not in (TYPES, KILLED):
                data.exit_code_by_key[name] = None
        data.save()


def report() -> None:
    """A row for each module, then the mutants that live."""
    total: Counter[str] = Counter()
    alive: list[str] = []
    print(f"\n{'module':<28}{'mutants':>8}{'types':>8}{'tests':>8}{'alive':>8}{'score':>8}")
    for data, outcomes in found():
        counts = Counter(outcomes.values())
        total += counts
        alive += [f"{name}: {how}" for name, how in outcomes.items() if how not in (TYPES, KILLED, LATE, UNTRIED)]
        print(row(str(data.path), counts))
    print(row("all", total), *alive, sep="\n")


def row(name: str, counts: Counter[str]) -> str:
    """Score: the percentage of those tried that the types or the tests noticed."""
    tried, tests = counts.total() - counts[UNTRIED], counts[KILLED] + counts[LATE]
    alive = tried - counts[TYPES] - tests
    score = f"{100 * (tried - alive) / tried:.1f}" if tried else "-"
    rest = f"  {counts[UNTRIED]} not tried" if counts[UNTRIED] else ""
    return f"{name:<28}{counts.total():>8}{counts[TYPES]:>8}{tests:>8}{alive:>8}{score:>8}{rest}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--patience", type=float, default=math.inf, help="leave tests out that take more seconds")
    parser.add_argument("names", nargs="*", help="of mutants, with * for any text; all without one")
    arguments = parser.parse_args()
    settings.register_profile("mutants", deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"  # an example that betrays a mutant need not be a small one
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # for mypy
    CollectedOnce.patience = arguments.patience
    commands.get_mutant_runner, commands.filter_mutants_with_type_checker = fork_server, refused_by_types
    isolation.register_timeout = lambda *_, **__: (
        None
    )  # processor time is limited too; a busy machine is no endless loop
    if Path("mutants").is_dir():
        forget_survivors()
    commands.run(["--max-children", str(arguments.children), *arguments.names], standalone_mode=False)
    report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
