"""`%tools` and `%%tools edit`: arguments in, one call out; and the completion of what they take."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, cast

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from creator_magic.errors import CreatorError, InputError

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

    from creator_magic.session import Session
    from creator_magic.tools_command.page import Page

_MOST_COMPLETIONS = 100
_FIRST = 2
"""Words of a line whose last is a command's name."""


@magics_class
class ToolsMagics(Magics):
    """The magic of the toolbox in one shell."""

    @property
    def session(self) -> Session:
        """The shell's session, begun at the first use."""
        from creator_magic.session import session_of

        return session_of(cast("InteractiveShell", self.shell))

    @no_var_expand
    @line_cell_magic
    def tools(self, line: str, cell: str | None = None) -> None:
        """See to the tools that are kept; `%tools help` lists what can be done."""
        from creator_magic.tools_command.register import run

        try:
            words = shlex.split(line)
        except ValueError as error:
            raise InputError(f"%tools: a quote is open: {line.strip()}") from error
        if cell is not None and words[:1] != ["edit"]:
            raise InputError("%%tools takes a cell only to edit a tool: %%tools edit NAME")
        source = None if cell is None else cell.removesuffix("\n")
        session = self.session
        session.settings.course.check("tools")
        if "--allow" in words:
            session.settings.course.check_allowed(("foreign",))
        page, as_json = run(session.toolbox, words, "%tools", source, session.person, session.asking)
        self._show(page, as_json=as_json)

    def _show(self, page: Page, *, as_json: bool) -> None:
        shell = cast("InteractiveShell", self.shell)
        if as_json:
            print(json.dumps(page.data, indent=1))  # noqa: T201 - what --json is for
            return
        if page.cell:
            shell.set_next_input(page.cell, replace=False)
        if not page.blocks:
            return
        if getattr(shell, "kernel", None) is not None:
            from creator_magic.tools_command.rendering import as_html, as_text

            shell.display_pub.publish({"text/plain": as_text(page), "text/html": as_html(page)})
        else:
            from rich.console import Console

            from creator_magic.tools_command.rendering import show_in_terminal

            show_in_terminal(page, Console(highlight=False))


class ToolsCompleter:
    """Completes the commands of `%tools`, their flags, and the names of tools.

    Parameters
    ----------
    magics : ToolsMagics
        The magic of the shell.
    """

    def __init__(self, magics: ToolsMagics) -> None:
        self._magics = magics

        @context_matcher(identifier="creator_magic.tools")
        def match(context: CompletionContext) -> SimpleMatcherResult:
            return self._match(context)

        self._matcher = match

    def _match(self, context: CompletionContext) -> SimpleMatcherResult:
        typed = context.line_with_cursor[: context.cursor_position]
        words = typed.split(" ")
        if context.cursor_line != 0 or words[0] not in {"%tools", "%%tools"} or len(words) == 1:
            return {"completions": [], "suppress": False, "matched_fragment": ""}
        fragment = words[-1]
        fitting = [word for word in self._known(words[1:-1], fragment) if word.startswith(fragment)]
        completions = [SimpleCompletion(word, type="tool") for word in fitting[:_MOST_COMPLETIONS]]
        # Where a file is wanted, whoever completes files may speak.
        files = words[1] in {"import", "export"} and len(words) > _FIRST
        return {"completions": completions, "suppress": not files, "matched_fragment": fragment}

    def _known(self, before: list[str], fragment: str) -> list[str]:
        from creator_magic.tools_command.register import COMMANDS, find, flags

        if not before:
            return [command.name for command in COMMANDS]
        command = find(before[0])
        if command is None:
            return []
        if fragment.startswith("-"):
            return flags(command)
        try:
            toolbox = self._magics.session.toolbox
            if command.name == "restore":
                return [tool.name for tool in toolbox.own.forgotten()]
            return toolbox.names(fragment) if command.names else []
        except CreatorError:
            return []  # a toolbox that cannot be read completes nothing, and says why when it is used

    def install(self, shell: InteractiveShell) -> None:
        """Complete in `shell`."""
        shell.Completer.custom_matchers.append(self._matcher)

    def uninstall(self, shell: InteractiveShell) -> None:
        """Undo `install`."""
        shell.Completer.custom_matchers.remove(self._matcher)
