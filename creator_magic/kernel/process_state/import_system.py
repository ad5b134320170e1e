"""What is loaded, and where Python looks for more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore


@saver("`sys.modules`: modules taken out or replaced return, those put in by hand go; imported ones stay")
def loaded_modules() -> Restore:
    """Save the table of modules."""
    modules, saved = sys.modules, dict(sys.modules)

    def restore() -> None:
        sys.modules = modules
        modules.update(saved)
        for name, module in [*modules.items()]:
            # An import gives a module its specification, under its own name.
            if name not in saved and getattr(getattr(module, "__spec__", None), "name", None) != name:
                del modules[name]

    return restore


@saver("`sys.path`, `sys.argv` and the import hooks, in content")
def import_paths() -> Restore:
    """Save the lists that importing goes by."""
    lists = (sys.path, sys.argv, sys.meta_path, sys.path_hooks)
    return Contents(lists, then=sys.path_importer_cache.clear)
