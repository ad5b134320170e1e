"""Settings of the standard library that no other file here is about."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from creator_magic.kernel.process_state.contents import Contents
from creator_magic.kernel.process_state.interpreter import bindings, settings
from creator_magic.kernel.process_state.saver import saver

if TYPE_CHECKING:
    from creator_magic.kernel.process_state.saver import Restore


@saver("the default time-out of sockets", needs="socket")
def socket_timeout() -> Restore:
    """Save it."""
    import socket

    return settings((socket.getdefaulttimeout, socket.setdefaulttimeout))


@saver("dialects of `csv`, and how long a field may be", needs="csv")
def csv_dialects() -> Restore:
    """Save them by name."""
    import csv

    dialects = {name: csv.get_dialect(name) for name in csv.list_dialects()}
    longest = csv.field_size_limit()

    def restore() -> None:
        csv.field_size_limit(longest)
        for name in csv.list_dialects():
            if name not in dialects:
                csv.unregister_dialect(name)
        for name, dialect in dialects.items():
            if name not in csv.list_dialects() or csv.get_dialect(name) is not dialect:
                csv.register_dialect(name, dialect)  # type: ignore[arg-type]

    return restore


@saver("the first day of the week in `calendar`", needs="calendar")
def first_weekday() -> Restore:
    """Save it."""
    import calendar

    return settings((calendar.firstweekday, calendar.setfirstweekday))


@saver("the opener of `urllib.request`", needs="urllib.request")
def url_opener() -> Restore:
    """Save what `install_opener` sets."""
    return bindings([(sys.modules["urllib.request"], "_opener")])


@saver("the folder of `tempfile`", needs="tempfile")
def temporary_folder() -> Restore:
    """Save where temporary files go."""
    return bindings([(sys.modules["tempfile"], "tempdir")])


@saver("how types are pickled (`copyreg`)", needs="copyreg")
def pickling() -> Restore:
    """Save the table that `copyreg.pickle` fills."""
    import copyreg

    return Contents([copyreg.dispatch_table])


@saver("adapters and converters of `sqlite3`", needs="sqlite3")
def sqlite_types() -> Restore:
    """Save the tables that `register_adapter` and `register_converter` fill."""
    sqlite3: Any = sys.modules["sqlite3"]
    return Contents([sqlite3.adapters, sqlite3.converters])


@saver("file types of `mimetypes`", needs="mimetypes")
def file_types() -> Restore:
    """Save the tables that `mimetypes.add_type` fills, and whether they were read from files yet."""
    mimetypes: Any = sys.modules["mimetypes"]
    names = ("types_map", "common_types", "encodings_map", "suffix_map")
    read = bindings([(mimetypes, name) for name in (*names, "inited", "_db")])
    tables = Contents([getattr(mimetypes, name) for name in names])

    def restore() -> None:
        read()
        tables()

    return restore


@saver("archive formats of `shutil`", needs="shutil")
def archive_formats() -> Restore:
    """Save what `register_archive_format` and `register_unpack_format` fill."""
    shutil: Any = sys.modules["shutil"]
    return Contents([vars(shutil)["_ARCHIVE_FORMATS"], vars(shutil)["_UNPACK_FORMATS"]])


@saver("functions that garbage collection calls")
def collection_callbacks() -> Restore:
    """Save `gc.callbacks`."""
    import gc

    return Contents([gc.callbacks])
