"""All savers, in the order in which state is put back."""

from __future__ import annotations

from creator_magic.kernel.process_state import (
    arithmetic,
    at_exit,
    environment,
    import_system,
    interpreter,
    logs,
    plotting,
    random_states,
    running,
    shell,
    standard_library,
    tables,
    warning_filters,
)

SAVERS = (
    import_system.import_paths,
    interpreter.hooks,
    interpreter.tracing,
    interpreter.limits,
    interpreter.garbage_collection,
    interpreter.diagnosis,
    environment.environment,
    environment.time_zone,
    environment.working_directory,
    environment.file_mode_mask,
    environment.resource_limits,
    environment.current_locale,
    warning_filters.showing_warnings,
    warning_filters.filters,
    logs.levels,
    logs.handlers,
    logs.level_names,
    random_states.python_random,
    random_states.numpy_random,
    arithmetic.decimal_contexts,
    arithmetic.numpy_options,
    arithmetic.mpmath_precision,
    tables.pandas_options,
    tables.polars_options,
    plotting.rc_params,
    plotting.figures,
    standard_library.socket_timeout,
    standard_library.csv_dialects,
    standard_library.first_weekday,
    standard_library.url_opener,
    standard_library.temporary_folder,
    standard_library.pickling,
    standard_library.sqlite_types,
    standard_library.file_types,
    standard_library.archive_formats,
    standard_library.collection_callbacks,
    shell.shell_registries,
    shell.shell_settings,
    at_exit.exit_functions,
    running.tasks,
    running.current_loop,
    running.threads,
    running.processes,
)

ALWAYS = ("signal handlers, blocked signals, alarms and timers (after a success too)",)
"""What is put back elsewhere, because it must not outlive a success either."""

NEVER = (
    "threads and processes that the code started: they cannot be ended from outside, and are named",
    "what the code drew on a figure that was left open",
    "defaults, attributes and code of a library's functions; what objects inside a library hold",
    "registrations that cannot be listed: with `codecs`, `singledispatch`, abstract base classes",
    "caches such as `lru_cache`, context variables",
    "settings of libraries that are not named here",
    "a variable that only `os.putenv` made, the process's priority, file descriptors closed or redirected",
    "lists, dictionaries and sets of modules with more than 10,000 entries",
)
"""What is not put back."""
