"""Cells that failed as people's cells do, with what mends each, and what a model might reply.

The replies are *scripted*: written by hand. Only every third repeats the cell as it should: the others
drop the person's comments, or close up blank lines and turn the quotes, as models do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SETUP = """import sqlite3
import matplotlib
matplotlib.use('agg')
import matplotlib.pyplot as plt
import pandas as pd

sales = pd.DataFrame({'region': ['north', 'south', 'north'], 'price': [3.0, 2.0, 4.0], 'sold': [10, 20, 30]})
orders = pd.DataFrame({'id': ['1', '2'], 'amount': ['1,200', '86,431'], 'day': ['2024-01-05', '2024-02-01']})
people = pd.DataFrame({'id': [1, 2], 'name': ['Ada', 'Bob'], 'amount': [5, 6]})
rates = pd.DataFrame({'year': [2021, 2022], 'rate': [1.5, 1.75]})
wages = pd.DataFrame({'year': [2020, 2021], 'wage': [100.0, 110.0]})
values = [4, 8, 15]
database = sqlite3.connect(':memory:')
_ = database.executescript('''
create table items (id integer, price real, label text);
insert into items values (1, 3.2, 'bread'), (2, 1.1, 'milk');
create table stock (id integer, price real, pieces integer);
insert into stock values (1, 3.2, 40);
''')"""


@dataclass(frozen=True)
class BrokenCell:
    """A cell that fails with `error`, and says `answer` once `wrong` is `right` in it."""

    kind: str
    error: str
    source: str
    wrong: str
    right: str
    answer: str

    @property
    def mended(self) -> str:
        """The cell as it is to stand in the end."""
        assert self.source.count(self.wrong) == 1, self.kind
        return self.source.replace(self.wrong, self.right)

    def reply(self, number: int) -> str:
        """What a model might say, in one of three manners."""
        code = self.mended
        if number % 3 == 1:
            code = re.sub(r"^[ \t]*#.*\n|[ \t]+# .*$", "", code, flags=re.MULTILINE)
        elif number % 3 == 2:
            code = re.sub(r"'([^'\"\\\n]*)'", r'"\1"', re.sub(r"\n\n+", "\n", code))
        fence = "```python" if number % 2 else "~~~py"
        return f"The cause is in what raised {self.error}.\n\n{fence}\n{code}\n{fence[:3]}\n"


BROKEN = [
    BrokenCell(
        "wrong column",
        "KeyError",
        ("# What we took.\nprices = sales['prise']  # per piece\n\n(prices * sales['sold']).sum()"),
        "'prise'",
        "'price'",
        "190.0",
    ),
    BrokenCell(
        "wrong column to group by",
        "KeyError",
        (
            "# By region.\n"
            "by_region = sales.groupby('regions')['sold'].sum()\n\n\n"
            "by_region['north']  # pieces"
        ),
        "'regions'",
        "'region'",
        "40",
    ),
    BrokenCell(
        "wrong column to sort by",
        "KeyError",
        (
            "first = (\n"
            "    sales\n"
            "    # the dearest first\n"
            "    .sort_values('cost', ascending=False)\n"
            "    .iloc[0]\n"
            ")\n"
            "first['price']"
        ),
        "'cost'",
        "'price'",
        "4.0",
    ),
    BrokenCell(
        "wrong attribute",
        "AttributeError",
        ("# names only\nlist(sales.colums)"),
        "colums",
        "columns",
        "['region', 'price', 'sold']",
    ),
    BrokenCell(
        "off-by-one merge",
        "IndexError",
        (
            "# The rate of a year holds for the wages of the year before.\n"
            "both = wages.merge(rates, on='year')  # one row each\n\n"
            "(both['wage'] * both['rate']).iloc[1]"
        ),
        "rates, on='year'",
        "rates.assign(year=rates['year'] - 1), on='year'",
        "192.5",
    ),
    BrokenCell(
        "off-by-one index",
        "IndexError",
        (
            "total = 0\n"
            "for i in range(len(values) + 1):  # all of them\n"
            "    # add up\n"
            "    total += values[i]\n"
            "total"
        ),
        "len(values) + 1",
        "len(values)",
        "27",
    ),
    BrokenCell(
        "merge of unlike keys",
        "ValueError",
        ("# who ordered what\nmerged = people.merge(orders, on='id')\n\nlen(merged)  # two"),
        "people.merge",
        "people.astype({'id': str}).merge",
        "2",
    ),
    BrokenCell(
        "merge with suffixes",
        "KeyError",
        (
            "# both have an amount\n"
            "joined = people.merge(people, on='id')\n\n"
            "joined['amount'].sum()  # the left one"
        ),
        "joined['amount']",
        "joined['amount_x']",
        "11",
    ),
    BrokenCell(
        "dtype: text to number",
        "ValueError",
        (
            "# The export writes thousands with commas.\n"
            "amounts = orders['amount'].astype(float)\n\n"
            "amounts.max()  # the largest"
        ),
        ".astype(float)",
        ".str.replace(',', '').astype(float)",
        "86431.0",
    ),
    BrokenCell(
        "dtype: text and number",
        "TypeError",
        ("count = len(values)\n# for the title\n\n'rows: ' + count"),
        "+ count",
        "+ str(count)",
        "'rows: 3'",
    ),
    BrokenCell(
        "dtype: text and time",
        "TypeError",
        (
            "from datetime import datetime\n\n"
            "# since the first of February\n"
            "start = datetime(2024, 2, 1)\n"
            "int((orders['day'] >= start).sum())"
        ),
        "orders['day']",
        "pd.to_datetime(orders['day'])",
        "1",
    ),
    BrokenCell(
        "dtype: what cannot be in an index",
        "TypeError",
        (
            "# counted by region\n"
            "seen = {}\n"
            "for pair in [['north', 1], ['south', 2]]:\n"
            "    seen[pair] = True  # each once\n"
            "len(seen)"
        ),
        "seen[pair]",
        "seen[tuple(pair)]",
        "2",
    ),
    BrokenCell(
        "missing import",
        "NameError",
        ("# the middle one\nmiddle = statistics.median(values)\n\nmiddle  # not the mean"),
        "# the middle one\n",
        "# the middle one\nimport statistics\n",
        "8",
    ),
    BrokenCell(
        "missing import of a name",
        "NameError",
        ("# how often each\ncounted = Counter(sales['region'])\n\ncounted['north']"),
        "# how often each\n",
        "from collections import Counter\n\n# how often each\n",
        "2",
    ),
    BrokenCell(
        "import under another name",
        "ModuleNotFoundError",
        ("# plots and tables\nimport panda as pds  # short\n\npds.DataFrame({'a': [1]}).shape"),
        "panda as",
        "pandas as",
        "(1, 1)",
    ),
    BrokenCell(
        "renamed API: append",
        "AttributeError",
        ("# one more\nmore = sales.append(sales.iloc[[0]])  # the first again\n\nlen(more)"),
        "sales.append(sales.iloc[[0]])",
        "pd.concat([sales, sales.iloc[[0]]])",
        "4",
    ),
    BrokenCell(
        "renamed API: np.float",
        "AttributeError",
        (
            "import numpy as np\n\n"
            "# as floats\n"
            "floats = np.array(values, dtype=np.float)  # for the mean\n"
            "floats.sum().item()"
        ),
        "np.float)",
        "float)",
        "27.0",
    ),
    BrokenCell(
        "renamed API: iteritems",
        "AttributeError",
        (
            "names = []\n"
            "for name, column in sales.iteritems():\n"
            "    # in their order\n"
            "    names.append(name)\n"
            "names[-1]"
        ),
        "iteritems",
        "items",
        "'sold'",
    ),
    BrokenCell(
        "renamed API: clock",
        "AttributeError",
        ("import time\n\nbegan = time.clock()  # seconds\n# nothing to do\ntime.perf_counter() >= began"),
        "time.clock()",
        "time.perf_counter()",
        "True",
    ),
    BrokenCell(
        "renamed API: collections",
        "AttributeError",
        ("import collections.abc\n\n# a mapping?\nisinstance({}, collections.Mapping)"),
        "collections.Mapping",
        "collections.abc.Mapping",
        "True",
    ),
    BrokenCell(
        "plot: lengths",
        "ValueError",
        (
            "# one point a value\n"
            "x = range(len(values) - 1)\n\n"
            "lines = plt.plot(x, values)\n"
            "len(lines)  # one line"
        ),
        "range(len(values) - 1)",
        "range(len(values))",
        "1",
    ),
    BrokenCell(
        "plot: keyword",
        "AttributeError",
        ("# in red, as everywhere\nbars = plt.bar(['a', 'b'], [1, 2], colour='red')\n\nlen(bars)"),
        "colour=",
        "color=",
        "2",
    ),
    BrokenCell(
        "plot: method",
        "AttributeError",
        (
            "figure, axes = plt.subplots()\n"
            "axes.plot(values)\n"
            "# with its unit\n"
            "axes.set_xlable('pieces')  # below\n"
            "axes.get_xlabel()"
        ),
        "set_xlable",
        "set_xlabel",
        "'pieces'",
    ),
    BrokenCell(
        "plot: many axes",
        "AttributeError",
        ("figure, axes = plt.subplots(1, 2)\n\n# on the left\nlen(axes.plot(values))"),
        "axes.plot",
        "axes[0].plot",
        "1",
    ),
    BrokenCell(
        "SQL: no such column",
        "OperationalError",
        (
            "# dearest\n"
            "query = '''\n"
            "    -- all of them\n"
            "    select max(prise)\n"
            "    from items\n"
            "'''\n\n"
            "database.execute(query).fetchone()[0]  # euros"
        ),
        "max(prise)",
        "max(price)",
        "3.2",
    ),
    BrokenCell(
        "SQL: no such table",
        "OperationalError",
        ("# how many\nrows = database.execute('select count(*) from item')\n\nrows.fetchone()[0]"),
        "from item'",
        "from items'",
        "2",
    ),
    BrokenCell(
        "SQL: bindings",
        "ProgrammingError",
        (
            "wanted = (1, 'bread')\n"
            "# by id alone\n"
            "found = database.execute('select label from items where id = ?', wanted)\n\n"
            "found.fetchone()[0]"
        ),
        "?', wanted)",
        "?', wanted[:1])",
        "'bread'",
    ),
    BrokenCell(
        "SQL: syntax",
        "OperationalError",
        (
            "database.execute(\n"
            "    # the label of the last\n"
            "    'select label form items order by id desc'\n"
            ").fetchone()[0]"
        ),
        "form items",
        "from items",
        "'milk'",
    ),
    BrokenCell(
        "SQL: ambiguous column",
        "DatabaseError",
        (
            "# with what is there\n"
            "joined = pd.read_sql(\n"
            "    'select price from items join stock on items.id = stock.id',\n"
            "    database,  # ours\n"
            ")\n"
            "len(joined)"
        ),
        "select price",
        "select items.price",
        "1",
    ),
    BrokenCell(
        "syntax",
        "SyntaxError",
        ("# twice each\ndoubled = [2 * value for value in values\n\nsum(doubled)  # in all"),
        "in values\n",
        "in values]\n",
        "54",
    ),
    BrokenCell(
        "a method that returns nothing",
        "TypeError",
        (
            "%matplotlib inline\n\n"
            "# the largest first\n"
            "ranked = list(values).sort(reverse=True)\n"
            "ranked[0]  # gold\n"
        ),
        "list(values).sort(reverse=True)",
        "sorted(values, reverse=True)",
        "15",
    ),
    BrokenCell(
        "in a function, timed",
        "ZeroDivisionError",
        (
            "%%time\n"
            "def share(part, whole):\n"
            "    '''Share in percent.'''\n"
            "    # none of nothing\n"
            "    return 100 * part / whole\n\n"
            "shares = [share(part, 0) for part in values]  # of all\n"
            "print(round(sum(shares)))"
        ),
        "share(part, 0)",
        "share(part, sum(values))",
        "100",
    ),
    BrokenCell(
        "awaited",
        "TypeError",
        ("import asyncio\n\ndef later():  # no coroutine\n    # at once\n    return 7\n\nawait later()"),
        "await later()",
        "later()",
        "7",
    ),
]
