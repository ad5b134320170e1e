"""Loggers: levels, handlers, and what is switched off."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.interpreter import bindings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore

_OF_LOGGER = ("level", "propagate", "disabled")


@saver("loggers: levels, handlers and filters, of handlers too; what `logging.disable` switched off")
def loggers() -> Restore:
    """Save the state of every logger there is, and of the handlers they have."""
    manager = logging.root.manager
    known = [
        logging.root,
        *(each for each in manager.loggerDict.values() if isinstance(each, logging.Logger)),
    ]
    names = set(manager.loggerDict)
    handlers = {id(handler): handler for logger in known for handler in logger.handlers}.values()
    lists = [held for each in known for held in (each.handlers, each.filters)]
    lists += [handler.filters for handler in handlers]
    contents = Contents(lists)
    places: list[tuple[Any, str]] = [(each, name) for each in known for name in _OF_LOGGER]
    places += [(each, name) for each in known for name in ("handlers", "filters")]
    places += [(handler, name) for handler in handlers for name in ("level", "formatter")]
    places += [(manager, "disable"), (manager, "loggerClass"), (manager, "logRecordFactory")]
    places += [(logging, name) for name in ("_loggerClass", "_logRecordFactory", "_warnings_showwarning")]
    attributes = bindings(places)

    def restore() -> None:
        attributes()
        contents()
        for name, logger in [*manager.loggerDict.items()]:
            # A library's own logger bears the name of its module.
            if (
                name not in names
                and name.partition(".")[0] not in sys.modules
                and isinstance(logger, logging.Logger)
            ):
                logger.handlers.clear()
                logger.filters.clear()
                logger.level, logger.propagate, logger.disabled = logging.NOTSET, True, False
        # Each logger remembers what it found out from its level and its parents'.
        logging.root.setLevel(logging.root.level)

    return restore


@saver("names of logging levels")
def level_names() -> Restore:
    """Save what `logging.addLevelName` changes."""
    return Contents([vars(logging)["_levelToName"], vars(logging)["_nameToLevel"]])
