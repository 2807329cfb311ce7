"""The plugin for pytest: the fixture ``tslint_check``, and ``--tslint``, which makes a test of each configured model.

Pytest imports this file in every project that tslint is installed in. It imports nothing else of tslint before it is used.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tslint.report.content import Report
    from tslint.settings import ModelTable, Settings

PREFIX = "tslint"
"""What the node ids of models begin with."""

CHOSEN, ALONE = "tslint_chosen", "tslint_alone"
"""Options that pytest-xdist hands to its workers: the models chosen by their node ids (None: all); whether nothing else was."""

SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tslint", "whether PyTorch models become correct TorchScript and Core ML programs")
    group.addoption(
        "--tslint", action="store_true", help="Check each model of [[tool.tslint.models]]: a test `tslint::NAME` each."
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tslint: a model of [[tool.tslint.models]], collected with --tslint")
    if not config.getoption("tslint"):
        return
    settings = _settings(config)
    config.stash[SETTINGS] = settings
    names = [name for name, _ in _named(settings)]
    if not hasattr(config.option, CHOSEN):
        setattr(config.option, CHOSEN, _chosen(config.args, names))
        rest = [arg for arg in config.args if not _is_model(arg)]
        setattr(config.option, ALONE, not rest)
        config.args[:] = rest
    elif getattr(config.option, ALONE):
        config.args.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Adds the models, before ``-k`` and the like look at the items."""
    if SETTINGS not in config.stash:
        return
    models = Models.from_parent(session, name=PREFIX, nodeid=PREFIX)
    chosen = getattr(config.option, CHOSEN)
    added = [model for model in models.collect() if chosen is None or model.name in chosen]
    items += added
    session.ihook.pytest_collectreport(report=pytest.CollectReport(PREFIX, "passed", None, list(added)))


class Models(pytest.Collector):
    """The configured models."""

    def collect(self) -> Iterator[Model]:
        settings = self.config.stash[SETTINGS]
        for name, table in _named(settings):
            item: Model = Model.from_parent(self, name=name)
            item.settings, item.table = settings, table
            item.add_marker(pytest.mark.tslint)
            yield item


class Model(pytest.Item):
    """One configured model, checked as ``tslint check`` checks it; its failure is the report."""

    settings: Settings
    table: ModelTable

    def runtest(self) -> None:
        from tslint import api
        from tslint.report import Options, full

        settings = dataclasses.replace(self.settings, models=(self.table,))
        report = api.check_paths([], settings)
        if sum(table.target == self.table.target for table in self.settings.models) > 1:
            report = _of_this_model(report, settings.lists_info)
        if report.exit_status(settings.fail_on, settings.exit_zero):
            options = Options(
                show_info=settings.lists_info,
                show_refuted=settings.show_refuted,
                quiet=settings.quiet,
                fail_on=settings.fail_on,
            )
            text = full.render(report, options).rstrip("\n")
            raise Problems(f"{_headline(report, settings.fail_on)}\n\n{text}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, Problems) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        file = self.settings.root / self.table.target
        return str(file if file.exists() else self.settings.config_path), None, f"tslint: {self.name}"


class Problems(Exception):
    """What is wrong with a model: a line for pytest's short summary, then the ``full`` report."""


@pytest.fixture(scope="session")
def tslint_check() -> Callable[..., Report]:
    """Checks a model as `tslint.check` does: fails with the problems, one a line, else returns the report.

    `tslint_check(model, example_inputs, fail_on="warning", **options)`
    """

    def check(model: Any, example_inputs: Any, *, fail_on: str = "warning", **options: Any) -> Report:
        __tracebackhide__ = True
        import tslint
        from tslint.settings import FAIL_ON, SettingsError

        if fail_on not in FAIL_ON:
            raise SettingsError(f"`fail_on` must be error, warning or info, not `{fail_on}`")
        try:
            report = tslint.check(model, example_inputs, **options)
        except (SettingsError, tslint.IsolationError, ModuleNotFoundError) as error:
            raise error.with_traceback(None)  # noqa: B904 -- the same error, on the line of the test
        try:
            report.raise_if_failed(fail_on)
        except tslint.CheckFailed as failed:
            raise tslint.CheckFailed(str(failed)) from None
        return report

    return check


def _headline(report: Report, fail_on: str) -> str:
    """``2 problems: dict-output, math-on-size``, or what kept tslint from its work."""
    from tslint.report.content import counts

    rules = [diagnostic.rule for diagnostic in report.diagnostics if counts(diagnostic, fail_on)]
    if not rules:
        return report.errors[0] if report.errors else "not all of it could be checked"
    return f"{len(rules)} problem{'s' * (len(rules) != 1)}: {', '.join(dict.fromkeys(rules))}"


def _of_this_model(report: Report, info: bool) -> Report:
    """REPORT without what its source predicts of classes that the model does not hold: another one of the file may hold them."""
    from tslint.merge import is_unreached
    from tslint.report.content import summarise

    left = [diagnostic for diagnostic in report.diagnostics if not is_unreached(diagnostic)]
    counts = report.summary
    summary = summarise(left, counts.files, counts.suppressed, counts.baselined, info)
    return dataclasses.replace(report, diagnostics=tuple(left), summary=summary)


def _settings(config: pytest.Config) -> Settings:
    """The configuration of the project, for models that are run here. Raises UsageError for one that cannot be used."""
    from tslint.settings import SettingsError, load
    from tslint.source import is_module_target

    try:
        found = load([str(config.rootpath)], None, {})
    except SettingsError as error:
        raise pytest.UsageError(f"--tslint: {error}") from None
    where = os.path.relpath(found.config_path) if found.config_path else None
    if not found.models or where is None:
        place = where or f"a pyproject.toml or tslint.toml, looked for from {config.rootpath}"
        raise pytest.UsageError(f"--tslint: no model is configured: there is no [[tool.tslint.models]] in {place}")
    for table in found.models:
        if not is_module_target(table.target) and not (found.root / table.target).exists():
            raise pytest.UsageError(f"--tslint: `{table.target}`, a model's target in {where}, does not exist")
    names = Counter(table.name for table in found.models if table.name is not None)
    for name, count in names.items():
        if count > 1:
            raise pytest.UsageError(f"--tslint: {count} models in {where} are called `{name}`")
    return dataclasses.replace(found, static=False, python=found.python or sys.executable)


def _named(settings: Settings) -> list[tuple[str, ModelTable]]:
    """The configured models, each with its name or target; of models with one target, what is asked of it tells them apart."""
    plain = Counter(table.name or table.target for table in settings.models)
    found: list[tuple[str, ModelTable]] = []
    for table in settings.models:
        name = table.name or table.target
        if table.name is None and plain[name] > 1:
            name += f"[{'-'.join(filter(None, (table.model, *table.inputs)))}]"
        same = [each for each, _ in found if each == name or each.startswith(f"{name}-")]
        found.append((f"{name}-{len(same) + 1}" if same else name, table))
    return found


def _is_model(arg: str) -> bool:
    return arg.startswith(f"{PREFIX}::")


def _chosen(args: Sequence[str], names: Sequence[str]) -> list[str] | None:
    """The models whose node ids are among ARGS; None, for all, where these name no single test at all."""
    if not any("::" in arg for arg in args):
        return None
    chosen = [arg.removeprefix(f"{PREFIX}::") for arg in args if _is_model(arg)]
    for name in chosen:
        if name not in names:
            from tslint.settings import nearest

            raise pytest.UsageError(f"--tslint: no configured model is called `{name}`{nearest(name, names)}")
    return chosen
