"""``hccassist``: screen charts, review them, keep the knowledge and the ranker in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from hccassist.batch.outcome import Outcome

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
knowledge_app = typer.Typer(no_args_is_help=True, help="The clinical knowledge files.")
app.add_typer(knowledge_app, name="knowledge")
console = Console(stderr=True)

NOTHING_SCREENED, BROKEN_RECORD, USAGE, SOME_NOT_SCREENED = 1, 1, 2, 3
_REPORT_WIDTH = 150


class Stopped(BaseException):
    """The run was asked to stop, by Ctrl-C or a scheduler."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


def _fail(message: str, code: int = USAGE) -> typer.Exit:
    console.print(Text.assemble(("error", "red"), f": {message}"), soft_wrap=True)
    return typer.Exit(code)


@app.command()
def screen(
    paths: Annotated[list[str], typer.Argument(help="Charts or folders of charts: paths or fsspec URLs.", show_default=False)],
    out: Annotated[str, typer.Option("--out", help="Folder for the results: a path or fsspec URL.", show_default=False)],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Charts screened at a time, a process each.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after an interruption; skip what is unchanged.")] = False,
    time_limit: Annotated[float, typer.Option(min=1, help="Seconds a chart may take, and more per 50 MB and page.")] = 300,
    memory_limit: Annotated[int, typer.Option(min=0, help="MiB of memory a chart may take; 0 for no limit.")] = 4096,
    year: Annotated[list[int] | None, typer.Option(help="Service year under review; may be repeated. Default: all.")] = None,
    cluster: Annotated[str, typer.Option(help="Address of a Dask scheduler to screen on.", show_default=False)] = "",
    policy: Annotated[
        str, typer.Option(help="A policy file (docs/policy.md), or current: the one in force on the bench.")
    ] = "",
    ranker: Annotated[str, typer.Option(help="A ranker file, or current.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 3 when any chart could not be screened.")] = False,
) -> None:
    """Screens charts and writes suggestions.jsonl with its tables and report.

    Exit code 0: done, at least one chart was screened (run.json names those that were not). 1: done, none could be. 2: it
    could not start or go on. 3: done, but some could not be (--strict). 129, 130 or 143: stopped; --resume goes on."""
    _stop_on_signals()
    try:
        outcome = _screened(
            paths, out, cluster, policy, ranker, jobs=jobs, resume=resume, seconds=time_limit, memory=memory_limit << 20,
            years=tuple(sorted(set(year or ()))),
        )  # fmt: skip
    except Stopped as stopped:
        raise _fail("stopped; run again with --resume to go on", 128 + stopped.signal) from None
    if not outcome.screened:
        raise typer.Exit(NOTHING_SCREENED)
    if strict and outcome.errors:
        raise typer.Exit(SOME_NOT_SCREENED)


def _stop_on_signals() -> None:
    """Ctrl-C, a scheduler, or a terminal that is closed (unless nohup forbids it) stops the run in order."""

    def stop(number: int, _: object) -> None:
        raise Stopped(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, stop)


def _screened(paths: list[str], out: str, cluster: str, policy: str, ranker: str, **how: Any) -> Outcome:
    """Screens, ``how`` as ``Options`` say; what stops it is one line and an exit code."""
    from hccassist.batch.run import BatchError, Options, run
    from hccassist.ranking.model import RankerError
    from hccassist.ranking.policy import PolicyError
    from hccassist.reading.limits import LimitsError, configured
    from hccassist.terminology.rows import KnowledgeError

    options = Options(**how)
    try:
        configured()
        _choose(policy, ranker, cluster)
        if cluster:
            from hccassist.batch.cluster import cluster_executor

            with cluster_executor(cluster) as (executor, cores):
                return run(paths, out, console, replace(options, in_flight=4 * cores), executor)
        return run(paths, out, console, options)
    except (BatchError, KnowledgeError, LimitsError, PolicyError, RankerError) as error:
        raise _fail(str(error)) from None


def _choose(policy: str, ranker: str, cluster: str) -> None:
    """Makes this process and those that it starts use a policy and a ranker; a wrong file ends the run before it begins."""
    from hccassist.ranking.files import POLICY_ENV, RANKER_ENV
    from hccassist.ranking.policy import PolicyError

    for kind, named, variable in (("policy", policy, POLICY_ENV), ("ranker", ranker, RANKER_ENV)):
        if named and cluster:
            raise PolicyError(f"--cluster: set {variable} where the workers start, then leave --{kind} out")
        if path := _in_force(kind) if named == "current" else named:
            os.environ[variable] = str(Path(path).resolve())
    if policy or ranker:
        from hccassist.prepare import prepare
        from hccassist.screening import load_screener, versions

        load_screener.cache_clear()
        versions.cache_clear()
        prepare(_say)
        load_screener()


def _in_force(kind: str) -> str:
    """The file of the version in force; blank where that is the shipped one."""
    from hccassist.batch.run import state_folder
    from hccassist.qa.desk import write_in_force
    from hccassist.review import open_store

    path = write_in_force(open_store(), "policy" if kind == "policy" else "ranker", state_folder() / "in-force")
    return str(path) if path else ""


@app.command()
def review(
    results: Annotated[Path | None, typer.Argument(help="A results folder; the last one when left out.")] = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
) -> None:
    """Opens the reviewer on a results folder, in the browser, on this machine only."""
    from hccassist.batch.run import last_results
    from hccassist.reading.limits import LimitsError, configured

    try:
        configured()
    except LimitsError as error:
        raise _fail(str(error)) from None
    folder = results or last_results()
    if folder is None:
        raise _fail("no results yet; screen some charts first: hccassist screen PATH --out DIR")
    if not (folder / "suggestions.jsonl").is_file():
        raise _fail(f"{folder}: holds no suggestions.jsonl; name the --out folder of hccassist screen")
    main = Path(__file__).parents[2] / "app" / "server.py"
    if not main.is_file():
        raise _fail("the app's files are not here; run hccassist from a checkout of the project")
    command = [
        sys.executable, "-m", "streamlit", "run", str(main), "--server.port", str(port), "--server.address", "127.0.0.1",
        "--server.headless", "true" if no_browser else "false", "--browser.gatherUsageStats", "false",
    ]  # fmt: skip
    environment = {**os.environ, "HCCASSIST_RESULTS": str(folder.resolve())}
    raise typer.Exit(subprocess.call(command, env=environment, cwd=main.parents[1]))


@app.command()
def verify(
    database: Annotated[str | None, typer.Argument(help="Path or URL of the review database; yours when left out.")] = None,
) -> None:
    """Verifies the records of decisions and of roles and versions: every row is as it was recorded, and none is missing.
    Exit code 1 where not.

    The heads it prints cover all of each record: kept elsewhere, they show later whether somebody rewrote a whole chain."""
    from hccassist.review import open_store
    from hccassist.review.versions import Versions

    store = open_store(database)
    reports = {"decisions": store.verify_audit(), "roles and versions": Versions(store).verify()}
    for name, report in reports.items():
        for problem in report.problems:
            console.print(Text.assemble((f"{name}, row {problem.seq}", "red"), f": {problem.message}"), soft_wrap=True)
        print(f"{name}: {report.events} rows, head {report.head}")
    if not all(report.intact for report in reports.values()):
        raise typer.Exit(BROKEN_RECORD)


@app.command()
def train(
    notes_gold: Annotated[list[Path] | None, typer.Option(help="Labelled notes (JSON lines), each with its --notes.")] = None,
    notes: Annotated[list[Path] | None, typer.Option(help="Folder of the labelled notes' texts.")] = None,
    cases: Annotated[list[Path] | None, typer.Option(help="Labelled single cases (JSON lines).")] = None,
    wording: Annotated[list[Path] | None, typer.Option(help="Wording cases (CSV, as in tests/cases).")] = None,
    charts: Annotated[list[Path] | None, typer.Option(help="Folders of labelled charts (NAME.gold.json beside each).")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of tables and models; models/ when left out.")] = None,
    version: Annotated[str, typer.Option(help="Name of the new models.")] = "2026.11",
    only: Annotated[str, typer.Option(help="linker or ranker; both when left out.")] = "",
    from_decisions: Annotated[bool, typer.Option("--from-decisions", help="A challenger from the team's decisions.")] = False,
    store: Annotated[str, typer.Option(help="Review store, a path or URL; HCCASSIST_DB when left out.")] = "",
) -> None:
    """Trains linker and ranker. With labelled cases the tables are written first (numbers only); without, the shipped ones
    give the same models again. With --from-decisions: a challenger, kept in the review store; `hccassist promote` puts it in
    force."""
    from hccassist import evaluation

    if from_decisions:
        return _challenge(store, version)
    from hccassist.qa.retrain import retrain
    from hccassist.ranking.files import models_folder

    parts = [only] if only else ["linker", "ranker"]
    if not set(parts) <= {"linker", "ranker"}:
        raise _fail(f"--only {only}: use linker or ranker")
    if len(notes_gold or ()) != len(notes or ()):
        raise _fail("--notes-gold and --notes go in pairs: one folder of texts for each file of labels")
    try:
        pairs = zip(notes_gold or (), notes or (), strict=True)
        labelled = evaluation.from_sources([evaluation.read_notes(gold, folder) for gold, folder in pairs])
        labelled += [case for path in cases or () for case in evaluation.read_single_cases(path)]
        labelled += [case for path in wording or () for case in evaluation.read_wording_cases(path)]
        labelled += [case for path in charts or () for case in evaluation.read_charts(path)]
        retrain(out or models_folder(), version, labelled, parts, _say)
    except (OSError, ValueError, evaluation.LabelledError) as error:
        raise _fail(str(error)) from None


def _challenge(store: str, version: str) -> None:
    from hccassist.qa import desk, learning
    from hccassist.review import DecisionError, open_store

    try:
        for line in desk.train_challenger(open_store(store or None), version, _user()):
            _say(line)
    except (learning.TooLittle, DecisionError, ValueError, OSError) as error:
        raise _fail(str(error), NOTHING_SCREENED) from None
    _say(f"Kept as {version}. To put it in force: hccassist promote {version} --by NAME --reason WHY")


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "command line"


@app.command()
def promote(
    version: Annotated[str, typer.Argument(help="A saved version, the shipped one too.", show_default=False)],
    by: Annotated[str, typer.Option(help="Who decides this.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why, for the record.", show_default=False)],
    kind: Annotated[str, typer.Option(help="ranker or policy.")] = "ranker",
    store: Annotated[str, typer.Option(help="Review store, a path or URL; HCCASSIST_DB when left out.")] = "",
) -> None:
    """Puts a ranker or a policy in force for `hccassist screen --ranker current --policy current`, with a name and a reason."""
    from hccassist.qa import desk
    from hccassist.review import DecisionError, open_store

    if kind not in ("ranker", "policy"):
        raise _fail(f"--kind {kind}: use ranker or policy")
    try:
        desk.put_in_force(open_store(store or None), "policy" if kind == "policy" else "ranker", version, by, reason)
    except DecisionError as error:
        raise _fail(str(error)) from None
    _say(f"{kind} {version} is in force.")


@app.command()
def bench(
    cases: Annotated[list[Path], typer.Argument(help="Labelled cases: files or folders.", show_default=False)],
    out: Annotated[Path, typer.Option(help="File for the bench page; it holds chart text.", show_default=False)],
) -> None:
    """Prepares labelled cases for the Bench page: a file of judged suggestions that only its owner can read."""
    from hccassist.evaluation import LabelledError
    from hccassist.qa import labelled

    try:
        rows = [row for path in cases for row in labelled.load(path).rows]
        labelled.write(rows, out)
    except (LabelledError, OSError) as error:
        raise _fail(str(error)) from None
    _say(f"{len(rows)} judged suggestions in {out}")


@app.command()
def noise(
    by: Annotated[str, typer.Option(help="term, rule, section or provider; all when left out.")] = "",
    examples: Annotated[bool, typer.Option("--examples", help="With the chart's words.")] = False,
    store: Annotated[str, typer.Option(help="Review store, a path or URL; HCCASSIST_DB when left out.")] = "",
) -> None:
    """What coders reject most: what to fix next. Terms and examples are words of charts."""
    from hccassist.qa import labelled
    from hccassist.qa.noise import GROUPINGS, lines
    from hccassist.review import open_store

    if by and by not in GROUPINGS:
        raise _fail(f"--by {by}: use {', '.join(GROUPINGS)}")
    loaded = labelled.from_decisions(open_store(store or None))
    for grouping in [by] if by else GROUPINGS:
        for line in lines(loaded.rows, grouping, examples):
            typer.echo(line)


def _say(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True, markup=False)


@app.command()
def evaluate(
    gold: Annotated[Path, typer.Option(help="Labelled notes (JSON lines).", show_default=False)],
    notes: Annotated[Path, typer.Option(help="Folder of the labelled notes' texts.", show_default=False)],
) -> None:
    """Screens labelled notes and prints how far the suggestions agree with the labels."""
    from hccassist.agreement import LabelError, agree
    from hccassist.screening import load_screener

    for path in (gold, notes):
        if not path.exists():
            raise _fail(f"{path}: not there; name the label file with --gold and the folder of texts with --notes")
    try:
        found = agree(gold, notes, load_screener())
    except LabelError as error:
        raise _fail(str(error)) from None
    for scope, tally in found.tallies.items():
        typer.echo(f"{scope:8} {tally.line()}")
    typer.echo(f"status   {found.status:.3f} of {found.status_seen} conditions found")


@knowledge_app.command("coverage")
def knowledge_coverage(
    model: Annotated[str, typer.Option(help="V28 or V24.")] = "V28",
) -> None:
    """Prints per payment category how many wordings, drugs, tests, findings and treatments point to it. Exit code 1 when
    one of them is empty without a reason."""
    from rich.table import Table

    from hccassist.terminology.codes import load_codes
    from hccassist.terminology.coverage import COLUMNS, coverage, unexplained
    from hccassist.terminology.rows import load

    knowledge, problems = load()
    categories = coverage(knowledge, load_codes(), model)
    if problems or not categories:
        raise _fail(problems[0] if problems else f"{model}: no such model; choose V28 or V24")
    table = Table("category", "label", "conditions", "wordings", *COLUMNS)
    for c in categories:
        table.add_row(c.number, c.label, *map(str, (len(c.conditions), c.wordings, *c.words.values())))
    Console(width=_REPORT_WIDTH).print(table)
    gaps = unexplained(knowledge, categories)
    for line in gaps:
        console.print(line, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if gaps else 0)


@knowledge_app.command("compile")
def knowledge_compile() -> None:
    """Compiles the knowledge where this machine's runs find it, so that the first of them need not: for set-ups and images."""
    from hccassist.prepare import prepare
    from hccassist.ranking.policy import PolicyError
    from hccassist.terminology.rows import KnowledgeError

    try:
        prepare(_say)
    except (KnowledgeError, PolicyError) as error:
        raise _fail(str(error)) from None


@knowledge_app.command("check")
def knowledge_check(
    folders: Annotated[list[Path] | None, typer.Argument(help="Your own folders, read after the shipped one.")] = None,
) -> None:
    """Validates every knowledge file, the shipped ones and your own (also those of HCCASSIST_KNOWLEDGE); one line for each row
    that is wrong. Exit code 1 where one is."""
    from hccassist.terminology.check import report
    from hccassist.terminology.rows import knowledge_folders

    lines, wrong = report([*knowledge_folders(), *(folders or [])])
    for line in lines:
        print(line)
    raise typer.Exit(1 if wrong else 0)


if __name__ == "__main__":
    app()
