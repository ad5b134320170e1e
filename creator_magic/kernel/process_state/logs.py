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

_OF_LOGGER = ("level", "propagate", "disabled", "handlers", "filters")


def _known() -> list[logging.Logger]:
    named = logging.root.manager.loggerDict.values()
    return [logging.root, *(each for each in named if isinstance(each, logging.Logger))]


def _handlers(loggers: list[logging.Logger]) -> list[logging.Handler]:
    return list({id(handler): handler for logger in loggers for handler in logger.handlers}.values())


@saver("handlers and filters of loggers")
def handlers() -> Restore:
    """Save which handlers and filters every logger has, and which filters every handler."""
    loggers = _known()
    lists = [held for each in loggers for held in (each.handlers, each.filters)]
    return Contents([*lists, *(handler.filters for handler in _handlers(loggers))])


@saver("levels of loggers and handlers, what `logging.disable` switched off, classes of loggers and records")
def levels() -> Restore:
    """Save the settings of every logger and of the handlers they have."""
    manager = logging.root.manager
    loggers, names = _known(), set(manager.loggerDict)
    places: list[tuple[Any, str]] = [(each, name) for each in loggers for name in _OF_LOGGER]
    places += [(handler, name) for handler in _handlers(loggers) for name in ("level", "formatter")]
    places += [(manager, name) for name in ("disable", "loggerClass", "logRecordFactory")]
    places += [(logging, name) for name in ("_loggerClass", "_logRecordFactory", "_warnings_showwarning")]
    settings = bindings(places)

    def restore() -> None:
        settings()
        for name, logger in [*manager.loggerDict.items()]:
            # A library's own logger bears the name of its module.
            known = name in names or name.partition(".")[0] in sys.modules
            if not known and isinstance(logger, logging.Logger):
                logger.handlers.clear()
                logger.filters.clear()
                logger.level, logger.propagate, logger.disabled = logging.NOTSET, True, False
        # Each logger remembers what it found out from its level and its parents', until one is set.
        logging.root.setLevel(logging.root.level)

    return restore


@saver("names of logging levels")
def level_names() -> Restore:
    """Save what `logging.addLevelName` changes."""
    return Contents([vars(logging)["_levelToName"], vars(logging)["_nameToLevel"]])
