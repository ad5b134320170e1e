"""Loading into a shell and unloading: what is registered here is taken away here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creator_magic.magics import CreatorMagics, FlagCompleter
from creator_magic.verbatim import call_magics_verbatim

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_loaded: dict[int, tuple[CreatorMagics, FlagCompleter]] = {}


def load(shell: InteractiveShell) -> None:
    """Register the magics, the completion of their flags, and begin the session."""
    if id(shell) in _loaded:
        return
    from creator_magic.session import session_of

    session_of(shell)
    magics = CreatorMagics(shell)
    shell.register_magics(magics)
    completer = FlagCompleter(magics)
    completer.install(shell)
    shell.input_transformers_cleanup.insert(0, call_magics_verbatim)
    _loaded[id(shell)] = magics, completer


def unload(shell: InteractiveShell) -> None:
    """Undo `load`."""
    if id(shell) not in _loaded:
        return
    from creator_magic.session import end_session

    magics, completer = _loaded.pop(id(shell))
    completer.uninstall(shell)
    shell.input_transformers_cleanup.remove(call_magics_verbatim)
    registered = shell.magics_manager
    for kind, names in CreatorMagics.magics.items():
        for name in names:
            registered.magics[kind].pop(name, None)
    registered.registry.pop(CreatorMagics.__name__, None)
    shell.configurables.remove(magics)  # type: ignore[arg-type]
    end_session(shell)
