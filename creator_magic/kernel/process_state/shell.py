"""IPython: what code can reach through `get_ipython()`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.interpreter import bindings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore

_PRINTERS = ("singleton_printers", "type_printers", "deferred_printers")


@saver("the shell's event callbacks, input transformers, magics, aliases, and how types are displayed")
def shell_registries() -> Restore:
    """Save everything that can be registered with the shell."""
    shell: Any = get_ipython()
    if shell is None:
        return lambda: None
    transformers = shell.input_transformer_manager
    formatters = getattr(shell.display_formatter, "formatters", {})
    return Contents(
        [
            *shell.events.callbacks.values(),
            transformers.cleanup_transforms,
            transformers.line_transforms,
            transformers.token_transformers,
            shell.input_transformers_post,
            shell.ast_transformers,
            *shell.magics_manager.magics.values(),
            formatters,
            *(getattr(each, name) for each in formatters.values() for name in _PRINTERS),
            shell.user_ns_hidden,
        ],
        stays=_of_pyplot,
    )


def _of_pyplot(registered: Any) -> bool:
    # It registers once, when the first figure is made, and remembers that it has.
    return str(getattr(registered, "__module__", "")).startswith("matplotlib")


@saver("settings that `%config` shows, and what handles exceptions in the shell")
def shell_settings() -> Restore:
    """Save the shell's configurable traits, and those of what it configures."""
    shell = get_ipython()
    if shell is None:
        return lambda: None
    places: list[tuple[Any, str]] = [(shell, name) for name in ("custom_exceptions", "CustomTB")]
    handling = bindings(places)
    # Only what has a value: to compute one would start what may not be in use.
    before = [(each, dict(each._trait_values)) for each in shell.configurables]  # noqa: SLF001 - no public way

    def restore() -> None:
        handling()
        for configurable, values in before:
            for name in _settings(type(configurable)) & values.keys():
                if getattr(configurable, name) is not values[name]:
                    setattr(configurable, name, values[name])

    return restore


@cache
def _settings(cls: Any) -> frozenset[str]:
    return frozenset(cls.class_trait_names(config=True))
