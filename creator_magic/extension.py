"""Loading into a shell and unloading: what is registered here is taken away here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.explore_magic import ExploreMagics
from creator_magic.magics import CreatorMagics, FlagCompleter
from creator_magic.tools_magic import ToolsCompleter, ToolsMagics
from creator_magic.verbatim import call_magics_verbatim

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_Magics = tuple[CreatorMagics, ToolsMagics, ExploreMagics]
_loaded: dict[int, tuple[_Magics, tuple[FlagCompleter, ToolsCompleter]]] = {}


def load(shell: InteractiveShell) -> None:
    """Register the magics, the completion of their flags, and begin the session."""
    if id(shell) in _loaded:
        return
    from creator_magic.session import session_of

    session_of(shell)
    magics = CreatorMagics(shell), ToolsMagics(shell), ExploreMagics(shell)
    shell.register_magics(*magics)
    completers = FlagCompleter(magics[0], magics[2]), ToolsCompleter(magics[1])
    for completer in completers:
        completer.install(shell)
    shell.input_transformers_cleanup.insert(0, call_magics_verbatim)
    _loaded[id(shell)] = magics, completers


def unload(shell: InteractiveShell) -> None:
    """Undo `load`."""
    if id(shell) not in _loaded:
        return
    from creator_magic.session import end_session

    magics, completers = _loaded.pop(id(shell))
    for completer in completers:
        completer.uninstall(shell)
    shell.input_transformers_cleanup.remove(call_magics_verbatim)
    registered = shell.magics_manager
    for each in magics:
        for kind, names in type(each).magics.items():
            for name in names:
                registered.magics[kind].pop(name, None)
        registered.registry.pop(type(each).__name__, None)
        shell.configurables.remove(each)  # type: ignore[arg-type]
    end_session(shell)
