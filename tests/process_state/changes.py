"""Everything that code can change in a process without touching a name: how to, and how to see it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Change:
    """A change of the process.

    Parameters
    ----------
    name : str
        What is changed.
    code : str
        Statements that change it.
    look : str
        An expression that tells whether it is changed.
    setup : str
        What the person did before.
    breaks_python : bool
        Whether nothing else can run after it.
    """

    name: str
    code: str
    look: str
    setup: str
    breaks_python: bool

    def seen(self) -> Any:
        """The value of `look`, whatever the code that runs has done to imports."""
        return eval(self.look, _Modules())  # noqa: S307 - the text stands below


class _Modules(dict[str, Any]):
    """Names that are modules; only what has been loaded once is used again."""

    def __missing__(self, name: str) -> Any:
        if name in vars(__import__("builtins")):
            raise KeyError(name)
        return import_module(_SHORT.get(name, name))


_SHORT = {
    "plt": "matplotlib.pyplot",
    "np": "numpy",
    "pd": "pandas",
    "pl": "polars",
    "request": "urllib.request",
    "entities": "html.entities",
    "at_exit": "creator_magic.kernel.process_state.at_exit",
}


def change(
    name: str, *code: str, look: str, setup: tuple[str, ...] = (), breaks_python: bool = False
) -> Change:
    return Change(name, "\n".join(code), look, "\n".join(setup), breaks_python)


ATTRIBUTES = [
    change(
        "a constant of a module",
        "import math",
        "math.pi = 3",
        look="math.pi",
    ),
    change(
        "a function of a module",
        "import json",
        "json.dumps = repr",
        look="json.dumps",
    ),
    change(
        "a new attribute",
        "import math",
        "math.tau_half = 3",
        look="hasattr(math, 'tau_half')",
    ),
    change(
        "a deleted attribute",
        "import math",
        "del math.e",
        look="hasattr(math, 'e')",
    ),
    change(
        "an attribute by its computed name",
        "import math",
        "setattr(math, ''.join(['t', 'a', 'u']), 6)",
        look="math.tau",
    ),
    change(
        "a module emptied",
        "import colorsys",
        "vars(colorsys).clear()",
        look="sorted(vars(colorsys))",
    ),
    change(
        "a module reached through `sys.modules`",
        "import sys",
        "for m in [sys.modules['stat' + 'istics']]:",
        "    setattr(m, 'me' + 'an', None)",
        look="statistics.mean",
        setup=("import statistics",),
    ),
    change(
        "a module imported first by the attempt",
        "import this_is_new",
        "this_is_new.value = 'changed'",
        look="this_is_new.value",
    ),
    change(
        "a class of a library",
        "import fractions",
        "fractions.Fraction.half = 1",
        look="hasattr(fractions.Fraction, 'half')",
    ),
    change(
        "a method of a library's class",
        "import pandas as pd",
        "pd.DataFrame.head = None",
        look="pd.DataFrame.head",
    ),
    change(
        "a class by way of a value",
        "type(frame).tail = None",
        look="pd.DataFrame.tail",
        setup=(
            "import pandas",
            "frame = pandas.DataFrame()",
        ),
    ),
    change(
        "a class by a library's own means",
        "import pandas as pd",
        "@pd.api.extensions.register_dataframe_accessor('mine')",
        "class Mine: pass",
        look="hasattr(pd.DataFrame, 'mine')",
    ),
    change(
        "an enumeration",
        "import http",
        "type.__setattr__(http.HTTPStatus, 'OK', 1)",
        look="http.HTTPStatus.OK",
    ),
    change(
        "a patch that is never stopped",
        "from unittest import mock",
        "mock.patch('math.sqrt', None).start()",
        look="math.sqrt",
    ),
    change(
        "`print`",
        "import builtins",
        "builtins.print = None",
        look="builtins.print",
    ),
    change(
        "builtins that everybody needs",
        "import builtins",
        "for n in ('len', 'isinstance', 'getattr', 'dict', 'list'):",
        "    setattr(builtins, n, None)",
        look="builtins.__dict__['len']",
        breaks_python=True,
    ),
    change(
        "a new builtin",
        "import builtins",
        "builtins.mine = 1",
        look="hasattr(builtins, 'mine')",
    ),
    change(
        "a function of the person's that patches",
        "patch_it()",
        look="math.floor",
        setup=(
            "def patch_it():",
            "    import math",
            "    math.floor = None",
        ),
    ),
]

IMPORTS = [
    change(
        "a module taken out",
        "import sys",
        "del sys.modules['json']",
        look="'json' in sys.modules",
        setup=("import json",),
    ),
    change(
        "a module replaced",
        "import sys",
        "sys.modules['csv'] = None",
        look="sys.modules.get('csv')",
        setup=("import csv",),
    ),
    change(
        "a module put in by hand",
        "import sys, types",
        "sys.modules['made_up'] = types.ModuleType('made_up')",
        look="'made_up' in sys.modules",
    ),
    change(
        "`sys.path`",
        "import sys",
        "sys.path.insert(0, '/nowhere')",
        look="list(sys.path), id(sys.path)",
    ),
    change(
        "`sys.path` rebound",
        "import sys",
        "sys.path = []",
        look="list(sys.path), id(sys.path)",
    ),
    change(
        "`sys.argv`",
        "import sys",
        "sys.argv[:] = ['x']",
        look="list(sys.argv)",
    ),
    change(
        "`sys.meta_path`",
        "import sys",
        "sys.meta_path.append(object())",
        look="list(sys.meta_path)",
    ),
    change(
        "`sys.path_hooks`",
        "import sys",
        "sys.path_hooks.append(print)",
        look="list(sys.path_hooks)",
    ),
]

CONTENTS = [
    change(
        "a list of a library",
        "import keyword",
        "keyword.kwlist.append('mine')",
        look="'mine' in keyword.kwlist",
    ),
    change(
        "a table of a library", "import html.entities as e", "e.html5.clear()", look="len(entities.html5)"
    ),
    change(
        "a module by its other name",
        "import os.path as p",
        "setattr(p, 'isd' + 'ir', None)",
        look="os.path.isdir",
    ),
]

INTERPRETER = [
    change(
        "`sys.excepthook`",
        "import sys",
        "sys.excepthook = lambda *_: None",
        look="sys.excepthook",
    ),
    change(
        "`sys.displayhook`",
        "import sys",
        "sys.displayhook = lambda *_: None",
        look="sys.displayhook",
    ),
    change(
        "`sys.unraisablehook`",
        "import sys",
        "sys.unraisablehook = lambda *_: None",
        look="sys.unraisablehook",
    ),
    change(
        "`sys.breakpointhook`",
        "import sys",
        "sys.breakpointhook = lambda *_: None",
        look="sys.breakpointhook",
    ),
    change(
        "`sys.stdin`",
        "import sys, io",
        "sys.stdin = io.StringIO()",
        look="sys.stdin",
    ),
    change(
        "`threading.excepthook`",
        "import threading",
        "threading.excepthook = print",
        look="threading.excepthook",
    ),
    change(
        "trace functions of threads",
        "import threading",
        "threading.settrace(print)",
        "threading.setprofile(print)",
        look="threading.gettrace(), threading.getprofile()",
    ),
    change(
        "the recursion limit",
        "import sys",
        "sys.setrecursionlimit(5000)",
        look="sys.getrecursionlimit()",
    ),
    change(
        "how long integers may be",
        "import sys",
        "sys.set_int_max_str_digits(0)",
        look="sys.get_int_max_str_digits()",
    ),
    change(
        "the switch interval",
        "import sys",
        "sys.setswitchinterval(0.5)",
        look="sys.getswitchinterval()",
    ),
    change(
        "garbage collection",
        "import gc",
        "gc.disable()",
        "gc.set_threshold(1, 2, 3)",
        "gc.callbacks.append(lambda *_: None)",
        look="gc.isenabled(), gc.get_threshold(), list(gc.callbacks)",
    ),
    change(
        "`tracemalloc`",
        "import tracemalloc",
        "tracemalloc.start()",
        look="tracemalloc.is_tracing()",
    ),
    change(
        "`faulthandler`",
        "import faulthandler",
        "(faulthandler.disable if faulthandler.is_enabled() else lambda: faulthandler.enable(file=2))()",
        look="faulthandler.is_enabled()",
    ),
]

ENVIRONMENT = [
    change(
        "a variable set",
        "import os",
        "os.environ['MADE_UP'] = '1'",
        look="os.environ.get('MADE_UP')",
    ),
    change(
        "a variable deleted",
        "import os",
        "del os.environ['PATH']",
        look="os.environ.get('PATH')",
    ),
    change(
        "a variable set past `os.environ`",
        "import os",
        "os.putenv('HOME', '/nowhere')",
        look="subprocess.check_output(['sh', '-c', 'echo $HOME'])",
        setup=(
            "import os",
            "os.environ.setdefault('HOME', '/root')",
        ),
    ),
    change(
        "all variables",
        "import os",
        "os.environ.clear()",
        look="dict(os.environ)",
    ),
    change(
        "the time zone",
        "import os, time",
        "os.environ['TZ'] = 'Asia/Kathmandu'",
        "time.tzset()",
        look="time.localtime(0).tm_hour, time.tzname, os.environ.get('TZ')",
    ),
    change(
        "the working directory",
        "import os",
        "os.chdir('/')",
        look="os.getcwd()",
    ),
    change(
        "the file mode mask",
        "import os",
        "os.umask(0o007)",
        look="(pathlib.Path('/proc/self/status').read_text().split('Umask:')[1].split()[0])",
    ),
    change(
        "a resource limit",
        "import resource as r",
        "r.setrlimit(r.RLIMIT_CORE, (0, r.getrlimit(r.RLIMIT_CORE)[1]))",
        look="resource.getrlimit(resource.RLIMIT_CORE)",
        setup=(
            "import resource as r",
            "most = r.getrlimit(r.RLIMIT_CORE)[1]",
            "r.setrlimit(r.RLIMIT_CORE, (4096 if most < 0 else min(most, 4096), most))",
        ),
    ),
    change(
        "the locale",
        "import locale",
        "locale.setlocale(locale.LC_ALL, 'C' if locale.setlocale(locale.LC_ALL) != 'C' else 'C.UTF-8')",
        look="locale.setlocale(locale.LC_ALL)",
    ),
]

LIBRARY = [
    change(
        "warnings filters",
        "import warnings",
        "warnings.simplefilter('ignore')",
        look="list(warnings.filters)",
    ),
    change(
        "warnings filters reset",
        "import warnings",
        "warnings.resetwarnings()",
        look="list(warnings.filters)",
    ),
    change(
        "warnings caught for ever",
        "import warnings",
        "warnings.catch_warnings(record=True).__enter__()",
        look="id(warnings.filters), warnings._showwarnmsg_impl, warnings.showwarning",
    ),
    change(
        "how warnings are shown",
        "import warnings",
        "warnings.showwarning = print",
        look="warnings.showwarning",
    ),
    change(
        "the root logger",
        "import logging",
        "logging.basicConfig(level=10, force=True)",
        look="logging.root.level, list(logging.root.handlers)",
    ),
    change(
        "a library's logger",
        "import logging",
        "logging.getLogger('asyncio').setLevel(50)",
        "logging.getLogger('asyncio').addHandler(logging.NullHandler())",
        look="(lambda log: (log.level, log.handlers[:], log.isEnabledFor(30)))(logging.getLogger('asyncio'))",
        setup=(
            "import logging",
            "logging.getLogger('asyncio').isEnabledFor(30)",
        ),
    ),
    change(
        "a new logger",
        "import logging",
        "logging.getLogger('made.up').addHandler(logging.NullHandler())",
        "logging.getLogger('made.up').setLevel(5)",
        look="logging.getLogger('made.up').handlers[:], logging.getLogger('made.up').level",
    ),
    change(
        "all logging",
        "import logging",
        "logging.disable()",
        look="logging.root.manager.disable",
    ),
    change(
        "names of levels",
        "import logging",
        "logging.addLevelName(10, 'X')",
        look="logging.getLevelName(10)",
    ),
    change(
        "warnings to the log",
        "import logging",
        "logging.captureWarnings(True)",
        look="warnings.showwarning, logging._warnings_showwarning",
    ),
    change(
        "classes of loggers",
        "import logging",
        "class L(logging.Logger): pass",
        "logging.setLoggerClass(L)",
        "logging.setLogRecordFactory(print)",
        look="logging.getLoggerClass(), logging.getLogRecordFactory()",
    ),
    change(
        "random numbers",
        "import random",
        "random.seed(1)",
        look="hash(random.getstate())",
    ),
    change(
        "random numbers drawn",
        "import random",
        "random.random()",
        look="hash(random.getstate())",
    ),
    change(
        "NumPy's random numbers",
        "import numpy as np",
        "np.random.seed(1)",
        look="(np.random.get_state()[1].tobytes(), np.random.get_state()[2])",
        setup=(
            "import numpy as np",
            "np.random.seed(7)",
        ),
    ),
    change(
        "where NumPy takes random bits",
        "import numpy as np",
        "np.random.set_bit_generator(np.random.PCG64(1))",
        look="np.random.get_bit_generator()",
        setup=(
            "import numpy as np",
            "np.random.seed(7)",
        ),
    ),
    change(
        "the decimal context",
        "import decimal",
        "decimal.getcontext().prec = 3",
        "decimal.getcontext().rounding = decimal.ROUND_UP",
        look="repr(decimal.getcontext())",
    ),
    change(
        "another decimal context",
        "import decimal",
        "decimal.setcontext(decimal.Context(prec=4))",
        look="repr(decimal.getcontext()), id(decimal.getcontext())",
    ),
    change(
        "the default decimal context",
        "import decimal",
        "decimal.DefaultContext.prec = 3",
        "decimal.DefaultContext.traps[decimal.Inexact] = True",
        look="repr(decimal.DefaultContext)",
    ),
    change(
        "NumPy's options",
        "import numpy as np",
        "np.set_printoptions(precision=2)",
        "np.seterr(all='raise')",
        look="np.get_printoptions(), np.geterr()",
    ),
    change(
        "NumPy's error function",
        "import numpy as np",
        "np.seterrcall(print)",
        look="np.geterrcall()",
    ),
    change(
        "pandas' options",
        "import pandas as pd",
        "pd.set_option('display.max_rows', 3)",
        "pd.options.display.precision = 1",
        look="pd.get_option('display.max_rows'), pd.options.display.precision",
    ),
    change(
        "polars' options",
        "import polars as pl",
        "pl.Config.set_tbl_rows(3)",
        "pl.Config.set_fmt_float('full')",
        look="pl.Config.save()",
        setup=("import polars",),
    ),
    change(
        "matplotlib's parameters",
        "import matplotlib as m",
        "m.rcParams['lines.linewidth'] = 9",
        "m.rcParams['font.sans-serif'].append('X')",
        look="repr(matplotlib.rcParams)",
    ),
    change(
        "matplotlib's style",
        "import matplotlib.pyplot as plt",
        "plt.style.use('ggplot')",
        look="matplotlib.rcParams['axes.facecolor']",
    ),
    change(
        "matplotlib's backend",
        "import matplotlib",
        "matplotlib.use('svg')",
        look="matplotlib.get_backend(), plt.get_backend()",
        setup=(
            "import matplotlib.pyplot as plt",
            "plt.switch_backend('agg')",
        ),
    ),
    change(
        "the time-out of sockets",
        "import socket",
        "socket.setdefaulttimeout(1)",
        look="socket.getdefaulttimeout()",
    ),
    change(
        "CSV dialects",
        "import csv",
        "csv.register_dialect('mine', delimiter='|')",
        "csv.unregister_dialect('excel-tab')",
        "csv.field_size_limit(5)",
        look="sorted(csv.list_dialects()), csv.field_size_limit()",
    ),
    change(
        "the first day of the week",
        "import calendar",
        "calendar.setfirstweekday(6)",
        look="calendar.firstweekday()",
    ),
    change(
        "the opener of URLs",
        "import urllib.request as u",
        "u.install_opener(u.build_opener())",
        look="request._opener",
    ),
    change(
        "the folder of temporary files",
        "import tempfile",
        "tempfile.tempdir = '/nowhere'",
        look="tempfile.tempdir",
    ),
    change(
        "pickling",
        "import copyreg",
        "copyreg.pickle(slice, print)",
        look="dict(copyreg.dispatch_table)",
    ),
    change(
        "SQLite's adapters",
        "import sqlite3",
        "sqlite3.register_adapter(dict, repr)",
        "sqlite3.register_converter('x', repr)",
        look="dict(sqlite3.adapters), dict(sqlite3.converters)",
    ),
    change(
        "file types",
        "import mimetypes",
        "mimetypes.add_type('a/b', '.abc')",
        look="mimetypes.guess_type('x.abc')",
        setup=(
            "import mimetypes",
            "mimetypes.init()",
        ),
    ),
    change(
        "archive formats",
        "import shutil",
        "shutil.register_archive_format('x', print)",
        look="shutil.get_archive_formats()",
    ),
    change(
        "functions at exit",
        "import atexit",
        "atexit.register(lambda: None)",
        look="len(at_exit.registered())",
        # Keeping tools imports it, and what a library registers stays.
        setup=("import multiprocessing.util",),
    ),
]

OPEN_FIGURES = (
    "[(number, each.canvas.figure, list(each.canvas.figure.axes), each.canvas.figure._axstack.current())"
    " for number, each in plt._pylab_helpers.Gcf.figs.items()]"
)

FIGURES = [
    change(
        "a new figure",
        "import matplotlib.pyplot as plt",
        "plt.figure()",
        look=OPEN_FIGURES,
        setup=(
            "import matplotlib.pyplot as plt",
            "plt.switch_backend('agg')",
        ),
    ),
    change(
        "a closed figure",
        "import matplotlib.pyplot as plt",
        "plt.close('all')",
        look=OPEN_FIGURES,
        setup=(
            "import matplotlib.pyplot as plt",
            "plt.switch_backend('agg')",
            "plt.close('all')",
            "plt.figure(3)",
            "plt.figure(8)",
            "plt.figure(3)",
        ),
    ),
    change(
        "another figure of the same number",
        "import matplotlib.pyplot as plt",
        "plt.close('all')",
        "plt.figure(3)",
        look=OPEN_FIGURES,
        setup=(
            "import matplotlib.pyplot as plt",
            "plt.switch_backend('agg')",
            "plt.close('all')",
            "plt.figure(3)",
        ),
    ),
    change(
        "the current figure and axes",
        "import matplotlib.pyplot as plt",
        "plt.figure(4)",
        "plt.figure(3)",
        "plt.subplot(2, 1, 1)",
        "plt.figure(4)",
        look=OPEN_FIGURES,
        setup=(
            "import matplotlib.pyplot as plt",
            "plt.switch_backend('agg')",
            "plt.close('all')",
            "plt.figure(4)",
            "plt.axes()",
            "plt.figure(3)",
            "plt.subplot(2, 1, 2)",
            "plt.axes([0, 0, 1, 1])",
        ),
    ),
]
CHANGES = [*ATTRIBUTES, *IMPORTS, *CONTENTS, *INTERPRETER, *ENVIRONMENT, *LIBRARY, *FIGURES]
