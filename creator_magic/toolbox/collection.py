"""The toolbox of a project with the personal one and the shared ones beside it, searched as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from creator_magic.errors import InputError, meant
from creator_magic.toolbox.admission import SECONDS, Admission, examine, why_refused, with_cases
from creator_magic.toolbox.executor import Job, SeparateProcess
from creator_magic.toolbox.reading import describe, tools_in
from creator_magic.toolbox.requirements import versions
from creator_magic.toolbox.store import NameTakenError
from creator_magic.toolbox.tool import Evidence, Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from creator_magic.toolbox.care import Alike
    from creator_magic.toolbox.executor import Executor, Report
    from creator_magic.toolbox.meaning import Meaning
    from creator_magic.toolbox.proposal import Proposal
    from creator_magic.toolbox.search import Hit
    from creator_magic.toolbox.store import ToolStore
    from creator_magic.toolbox.tool import Case, Tool

PROJECT, PERSONAL = "project", "personal"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tool that may serve a problem.

    Parameters
    ----------
    tool : Tool
        The tool.
    helpers : tuple of Tool
        The tools that it calls, those first that others call.
    place : str
        The toolbox it is in.
    share : float
        How much of the weight of the problem's terms it shares, from 0 to 1.
    terms : tuple of str
        These terms, rarest first: why it was found.
    """

    tool: Tool
    helpers: tuple[Tool, ...]
    place: str
    share: float
    terms: tuple[str, ...]


def is_offered(tool: Tool) -> bool:
    """Tell whether a tool may be a candidate: not one from elsewhere, nor a function of the person's."""
    return not tool.provenance.foreign and tool.provenance.origin != "notebook"


class Toolbox:
    """Tools kept for later problems.

    Parameters
    ----------
    own : ToolStore
        The project's; what is made goes there.
    others : mapping of str to ToolStore
        Further ones by what they are called, in the order in which they count: the personal one, and
        shared ones, which are read only.
    executor : Executor or None
        Where tools run to be admitted; None for a process of its own.
    meaning : Meaning or None
        Search by embeddings, beside the search by terms; None for none.
    """

    def __init__(
        self,
        own: ToolStore,
        others: Mapping[str, ToolStore] | None = None,
        executor: Executor | None = None,
        meaning: Meaning | None = None,
    ) -> None:
        self.own = own
        self.stores: dict[str, ToolStore] = {PROJECT: own, **(others or {})}
        self.executor: Executor = executor or SeparateProcess()
        self._meaning = meaning

    def candidates(self, problem: str, limit: int = 3, least_share: float = 0.0) -> tuple[Candidate, ...]:
        """Return the tools that may serve a problem, best first.

        Foreign tools are not among them: they were never run here (`check` does). Nor are the person's
        own functions, which come along with the tools that call them.

        Parameters
        ----------
        problem : str
            The problem's text.
        limit : int
            How many at most.
        least_share : float
            How much of the weight of the problem's terms a tool must share, from 0 to 1.

        Raises
        ------
        StoreError
            If a toolbox cannot be read.
        """
        found: list[Candidate] = []
        for place, hit in self.search(problem, limit, spare=2 * limit, least_share=least_share):
            if len(found) == limit:
                break
            if hit.share >= least_share:
                tool = self.stores[place].get(hit.name)
                if is_offered(tool):
                    found.append(Candidate(tool, self.helpers(tool, place), place, hit.share, hit.terms))
        return tuple(found)

    def search(
        self, text: str, limit: int, *, spare: int = 0, least_share: float = 0.0
    ) -> list[tuple[str, Hit]]:
        """Return what fits a text best in all toolboxes, best first, each name once.

        Parameters
        ----------
        text : str
            A problem, or words of a person's.
        limit : int
            How many tools at most.
        spare : int
            How many more, for a caller that cannot use all of them.
        least_share : float
            What a tool must share to be of use; where none can, the search by terms is not begun.
        """
        most = limit + spare
        stores = {place: store for place, store in self.stores.items() if store.exists}
        # How common a term is counts over all of them; for one alone, its search counts by itself.
        counts = reduce(add, (each.counts(text) for each in stores.values())) if len(stores) > 1 else None
        hits = [
            (place, hit)
            for place, store in stores.items()
            for hit in store.search(text, most, counts, least_share)
        ]
        hits.sort(key=lambda each: -each[1].score)
        if self._meaning is not None:
            hits = self._meaning.fused(text, hits, self.stores, most)
        by_name: dict[str, tuple[str, Hit]] = {}
        for place, hit in hits:
            by_name.setdefault(hit.name, (place, hit))
        return list(by_name.values())[:most]

    @property
    def notice(self) -> str:
        """What a person should know of the last search; usually nothing."""
        return "" if self._meaning is None else self._meaning.notice

    def find(self, name: str) -> tuple[str, Tool]:
        """Return the place of a tool and the tool; the project's own comes before others.

        Raises
        ------
        InputError
            If no toolbox has it; close matches are named.
        """
        for place, store in self.stores.items():
            tool = store.find(name)
            if tool is not None:
                return place, tool
        names = self.names()
        raise InputError(f"No toolbox has a tool {name}.{_others(name, names)}")

    def names(self, beginning: str = "") -> list[str]:
        """Return the names of all tools that begin so, sorted."""
        return sorted({name for store in self.stores.values() for name in store.names(beginning)})

    def helpers(self, tool: Tool, place: str = PROJECT) -> tuple[Tool, ...]:
        """Return the tools that a tool calls, those first that others call; a missing one is left out."""
        found: dict[str, Tool] = {}
        self._gather(tool, place, found, {tool.name})
        return tuple(found.values())

    def _gather(self, tool: Tool, place: str, found: dict[str, Tool], seen: set[str]) -> None:
        for name in tool.calls:
            if name in seen:
                continue
            seen.add(name)
            inner = self.stores[place].find(name) or self.own.find(name)
            if inner is not None:
                self._gather(inner, place, found, seen)
                found[name] = inner

    def admit(
        self,
        source: str,
        *,
        problem: str,
        decision: str = "",
        answer: str = "",
        provenance: Provenance,
        cell: str = "",
    ) -> tuple[Admission, ...]:
        """Keep the tools of a cell that has solved its problem, if they run by themselves and pass.

        Parameters
        ----------
        source : str
            The source of the tool cell.
        problem : str
            The problem it was made for.
        decision : str
            The code that called it; what it called, and what that gave, become cases.
        answer : str
            The answer, as the notebook shows it; empty where only the tool was wanted.
        provenance : Provenance
            Where it comes from.
        cell : str
            All tools that the decision calls, where these are more than `source`.

        Returns
        -------
        tuple of Admission
            One for each tool of the cell; an admitted tool as it is kept, under another name if its own
            was taken.

        Raises
        ------
        InputError
            If the source holds no tool.
        StoreError
            If the project's file cannot be used.
        """
        read = tools_in(source, decision=decision, known=self.own.names())
        admissions = []
        for found in read:
            if found.missing:
                names = ", ".join(found.missing)
                admissions.append(Admission(found.tool, f"It needs names that nothing in it binds: {names}."))
                continue
            borrowed = found.tool.provenance.borrowed
            tool = replace(found.tool, problem=problem, provenance=replace(provenance, borrowed=borrowed))
            job = replace(self.job(tool), decision=decision, cell=cell or source)
            (admission,) = examine([job], self.executor, [answer])
            if not admission.refused:
                admission = replace(admission, tool=self.keep(admission.tool, "made"))
            admissions.append(admission)
        return tuple(admissions)

    def keep(self, tool: Tool, reason: str, store: ToolStore | None = None) -> Tool:
        """Keep a tool, under another name if its own is taken; return it as it is kept.

        Parameters
        ----------
        tool : Tool
            The tool.
        reason : str
            Why, in a few words.
        store : ToolStore or None
            Where; None for the project's.

        Raises
        ------
        InputError
            If its name is taken and cannot be changed.
        """
        store = store or self.own
        while True:
            try:
                return store.add(tool, reason)
            except NameTakenError:
                from creator_magic.toolbox.renaming import renamed

                # Another kernel may take the next name meanwhile; then there is one more round.
                tool = renamed(tool, store.names())

    def keep_own(self, name: str, source: str, place: str) -> None:
        """Keep a function of the person's that a tool calls, or the changed one if its callers still pass.

        Parameters
        ----------
        name, source : str
            The function, with all that it needs to run elsewhere.
        place : str
            The notebook.

        Raises
        ------
        InputError
            If it cannot be kept; the toolbox is as before.
        """
        from creator_magic.toolbox.proposal import beyond_computing

        old = self.own.find(name)
        if old is not None and old.source == source:
            return
        if old is not None and old.provenance.origin != "notebook":
            raise InputError(f"it calls your function {name}, and the toolbox has another tool of that name.")
        new = replace(describe(source, name), provenance=Provenance("notebook", place=place))
        job = self.job(new)
        would = beyond_computing(job)
        if would:
            raise InputError(
                f"it calls your function {name}, which would {would}; a check would run it again."
            )
        callers = self._callers_with(new)
        report, *others = self.executor.run([job, *callers], SECONDS)
        if report.error:
            raise InputError(f"it calls your function {name}, which does not run by itself: {report.error}.")
        for caller, told in zip(callers, others, strict=True):
            if why_refused(told):
                raise InputError(
                    f"it calls your function {name}, which has changed: {caller.tool.name}, kept with the "
                    "earlier one, fails with it."
                )
        # An example in the docstring may be there to be read.
        passed = tuple(outcome.case for outcome in report.outcomes if outcome.passed)
        evidence = Evidence(passed=len(passed), versions=versions(new.requirements))
        new = replace(new, cases=passed, provenance=replace(new.provenance, evidence=evidence))
        if old is None:
            self.own.add(new, "called by a tool")
        else:
            self.own.revise(new, "changed in the notebook")

    def rectify(
        self,
        name: str,
        source: str,
        *,
        problem: str,
        decision: str,
        answer: str,
        provenance: Provenance,
        cell: str = "",
    ) -> tuple[Admission, ...]:
        """Keep a rectified tool: in place of the old one if it passes its cases, else as a new tool.

        Parameters
        ----------
        name : str
            The tool that was reused and failed.
        source : str
            Its new source.
        problem, decision, answer, provenance, cell
            As for `admit`, of the problem that it failed on.

        Returns
        -------
        tuple of Admission
            As for `admit`.
        """
        old = self.own.find(name)
        if old is not None and old.provenance.origin != "notebook":  # which only the person changes
            try:
                new = describe(source, name)
                cases = with_cases(old.cases, new.cases)
                new = replace(new, problem=old.problem, calls=old.calls, cases=cases)
            except InputError:
                new = None
            if new is not None:
                new = replace(new, provenance=replace(provenance, borrowed=old.provenance.borrowed))
                job = replace(self.job(new), decision=decision, cell=cell or source)
                (admission,) = examine([job], self.executor, [answer])
                if not admission.refused:
                    return (replace(admission, tool=self.own.revise(admission.tool, "rectified")),)
        return self.admit(
            source, problem=problem, decision=decision, answer=answer, provenance=provenance, cell=cell
        )

    def bring(self, name: str) -> None:
        """Take a tool of another toolbox into the project's, with those it calls, if it is not there.

        Raises
        ------
        StoreError
            If a file cannot be used.
        """
        for place, store in self.stores.items():
            tool = store.find(name)
            if tool is not None:
                if place != PROJECT:
                    provenance = replace(tool.provenance, origin="kept")
                    self.own.add_all(
                        [*self.helpers(tool, place), replace(tool, provenance=provenance)], "kept"
                    )
                return

    def edit(self, name: str, source: str, *, anyway: bool = False) -> Admission:
        """Replace the source of a tool by what a person wrote, if it passes the tool's cases.

        The doctests of its docstring are taken from the new source; cases of other origin stay.

        Parameters
        ----------
        name : str
            The tool.
        source : str
            Its new source, which still defines `name`.
        anyway : bool
            Whether to take it although a case fails.

        Raises
        ------
        InputError
            If there is no such tool in the project, or the source does not define it.
        """
        old = self.own.get(name)
        new = describe(source, name)
        kept = [case for case in old.cases if case.origin != "doctest"]
        new = replace(
            new,
            problem=old.problem,
            calls=tools_in(source, known=set(self.own.names()) - {name}, each=True)[-1].tool.calls,
            cases=with_cases(new.cases, kept),
            provenance=old.provenance,
        )
        (admission,) = examine([self.job(new)], self.executor)
        if admission.refused and not anyway:
            return admission
        return Admission(self.own.revise(new if admission.refused else admission.tool, "edited"))

    def examine_rectified(self, name: str, source: str, more: Sequence[Case]) -> Admission:
        """Run a rewritten tool, its earlier cases and more, and the cases of the tools that call it.

        Parameters
        ----------
        name : str
            A tool of the project.
        source : str
            Its new source. Examples in the docstring become cases, but replace none.
        more : sequence of Case
            Cases that it failed so far.

        Returns
        -------
        Admission
            The tool as `replace_by` takes it, or why it may not; nothing is kept.

        Raises
        ------
        InputError
            If the source does not define it.
        """
        old = self.own.get(name)
        new = describe(source, name)
        new = replace(
            new,
            problem=old.problem,
            calls=tools_in(source, known=set(self.own.names()) - {name}, each=True)[-1].tool.calls,
            cases=with_cases(with_cases(old.cases, more), new.cases),
            proposed=old.proposed,
            provenance=old.provenance,
            revision=old.revision,
        )
        (admission,) = examine([self.job(new)], self.executor)
        callers = [] if admission.refused else self._callers_with(new)
        for caller, report in zip(callers, self.executor.run(callers, SECONDS), strict=True):
            if why_refused(report):
                return Admission(new, f"{caller.tool.name}, which calls it, fails: {why_refused(report)}")
        return admission

    def replace_by(self, tool: Tool, reason: str) -> Tool:
        """Keep a rewritten tool that was examined as the next revision of the one that it was made from.

        Raises
        ------
        InputError
            If that is not the current one any more; nothing was changed.
        """
        if self.own.get(tool.name).revision != tool.revision:
            raise InputError(f"{tool.name} was changed meanwhile, and stays as it is. Begin again.")
        return self.own.revise(tool, reason)

    def _callers_with(self, new: Tool) -> list[Job]:
        """Return the jobs of the tools that call one, with another version of that."""
        callers = [
            self.job(tool)
            for tool in self.own.tools()
            if new.name in tool.calls and not tool.provenance.foreign
        ]
        return [
            replace(each, helpers=tuple(new if one.name == new.name else one for one in each.helpers))
            for each in callers
        ]

    def used(self, name: str, *, solved: bool) -> None:
        """Count the use of a tool for a later problem; one of a shared toolbox is not counted."""
        for store in self.stores.values():
            if not store.read_only and store.find(name) is not None:
                store.used(name, solved=solved)
                return

    def job(self, tool: Tool, place: str = PROJECT) -> Job:
        """Return what has to be run to run a tool's cases; no foreign code, unless the tool itself is."""
        helpers = self.helpers(tool, place)
        if not tool.provenance.foreign:
            helpers = tuple(helper for helper in helpers if not helper.provenance.foreign)
        return Job(tool, helpers)

    def foreign(self, names: Sequence[str] = ()) -> list[str]:
        """Return those of the project's tools that came from elsewhere and have not passed their cases here.

        Parameters
        ----------
        names : sequence of str
            Which to look at; none for all.
        """
        tools = [self.own.get(name) for name in names] if names else self.own.tools()
        return [tool.name for tool in tools if tool.provenance.foreign]

    def check(self, names: Sequence[str] = (), *, foreign: bool = False) -> Iterator[tuple[Tool, Report]]:
        """Run the cases of tools of the project again; a foreign tool that passes is foreign no more.

        Parameters
        ----------
        names : sequence of str
            Which; none for all.
        foreign : bool
            Whether the person has agreed to run foreign tools; else these are passed over.

        Yields
        ------
        tool, report
            Each tool with what came of it, by name.
        """
        tools = [self.own.get(name) for name in names] if names else list(self.own.tools())
        tools = [tool for tool in tools if foreign or not tool.provenance.foreign]
        jobs = [self.job(tool) for tool in tools]
        for tool, report in zip(tools, self.executor.run(jobs, SECONDS), strict=True):
            if tool.provenance.foreign and not why_refused(report):
                evidence = Evidence(passed=len(tool.cases), versions=versions(tool.requirements))
                provenance = replace(tool.provenance, foreign=False, evidence=evidence)
                self.own.revise(replace(tool, provenance=provenance), "checked")
            yield tool, report

    def propose(self, name: str, reply: str) -> Proposal:
        """Run the cases that a model's reply proposes for a tool, and keep those that it passes.

        Those that it does not pass are kept aside, in place of earlier ones; see `accept`.

        Parameters
        ----------
        name : str
            A tool of the project.
        reply : str
            What the model said.
        """
        from creator_magic.toolbox.proposal import examine_proposed

        tool = self.own.get(name)
        proposal = examine_proposed(self.job(tool), reply, self.executor)
        failed = tuple(outcome.case for outcome in proposal.failed)
        if proposal.passed or failed != tool.proposed:
            cases = with_cases(tool.cases, proposal.passed)
            self.own.revise(replace(tool, cases=cases, proposed=failed), "cases proposed")
        return proposal

    def accept(self, name: str, numbers: Sequence[int]) -> None:
        """Make proposed cases that a tool does not pass its own, as a person has decided.

        Parameters
        ----------
        name : str
            A tool of the project.
        numbers : sequence of int
            Which of its `proposed` cases, counted from 1.

        Raises
        ------
        InputError
            If there is no such case; nothing was changed.
        """
        tool = self.own.get(name)
        if not set(numbers) <= set(range(1, len(tool.proposed) + 1)):
            has = f"{len(tool.proposed) or 'no'} proposed case{'' if len(tool.proposed) == 1 else 's'}"
            raise InputError(f"{name} has {has} to accept; %tools show {name} lists them.")
        chosen = [replace(tool.proposed[number - 1], origin="person") for number in sorted(set(numbers))]
        left = tuple(case for number, case in enumerate(tool.proposed, 1) if number not in numbers)
        cases = with_cases(tool.cases, chosen)
        self.own.revise(replace(tool, cases=cases, proposed=left), "case accepted")

    def alike(self) -> Iterator[Alike]:
        """Find tools of the project that behave alike on each other's cases."""
        from creator_magic.toolbox.care import alike

        def neighbours(tool: Tool, most: int) -> list[str]:
            return [hit.name for hit in self.own.search(f"{tool.signature}\n{tool.docstring}", most)]

        tools = [tool for tool in self.own.tools() if not tool.provenance.foreign]
        return alike(tools, neighbours, self.job, self.executor)

    def rarely_used(self) -> list[str]:
        """Return the tools of the project that may go, by the log-frequency rule."""
        from creator_magic.toolbox.care import rarely_used

        called = {name for tool in self.own.tools() for name in tool.calls}
        return [name for name in rarely_used(self.own.usage()) if name not in called]

    def close(self) -> None:
        """Close all files."""
        for store in self.stores.values():
            store.close()


def _others(name: str, names: Sequence[str]) -> str:
    if not names:
        return " There is none yet."
    said = meant(name, names, "")
    return said if "Did you mean" in said else " %tools list shows what there is."
