"""A course of twelve lessons: problems in nine languages, scripted replies, answers known beforehand.

The notebooks and the recording in `tests/course/twelve` are written from this file by

    python -m tests.course.write_twelve
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Task:
    """A magic cell, what is replied to it, and its answer as the notebook shows it.

    `replies` are by stage and attempt; a question back and a hint are `help`, 1 and 2.
    """

    flags: str
    problem: str
    replies: dict[tuple[str, int], str]
    answer: str

    @property
    def cell(self) -> str:
        """The cell as it stands in the notebook."""
        return f"{self.flags}\n{self.problem}"


@dataclass(frozen=True)
class Lesson:
    """A notebook: cells that run first, its tasks, and cells that use what they left."""

    name: str
    task: Task
    before: tuple[str, ...] = ()
    after: tuple[tuple[str, str], ...] = field(default=())

    @property
    def cells(self) -> list[str]:
        """The sources of its cells."""
        sources = [source for source, _ in self.after]
        return ["%load_ext creator_magic", *self.before, self.task.cell, *sources]

    @property
    def number_of_task(self) -> int:
        """Where the task stands among the cells, from 0."""
        return len(self.before) + 1


def _tool(source: str) -> str:
    return f"```python tool\n{source.strip()}\n```"


def _decision(source: str) -> str:
    return f"```python decision\n{source.strip()}\n```"


def _replies(question: str, hint: str, tool: str, decision: str, **more: str) -> dict[tuple[str, int], str]:
    """Replies to what is asked of a task; `rectification_2` is the one for the second attempt."""
    replies = {
        ("help", 1): question,
        ("help", 2): hint,
        ("creation", 1): _tool(tool),
        ("decision", 1): _decision(decision),
    }
    for name, text in more.items():
        stage, _, attempt = name.partition("_")
        replies[stage, int(attempt)] = text
    return replies


LESSONS = (
    Lesson(
        "01_break_even",
        Task(
            "%%solve",
            "A bakery sells bread at 3.20 a loaf. Each loaf costs 1.20 to make, and the shop costs 2,350 a "
            "month.\nHow many loaves must it sell in a month to cover its costs?",
            _replies(
                "What is left of the price of one loaf once the loaf itself is paid for?",
                "Find what one loaf contributes to the fixed costs. Then ask how many such contributions the "
                "fixed costs take. Mind that loaves are sold whole.",
                '''
import math


def break_even(price: float, unit_cost: float, fixed_costs: float) -> int:
    """Return how many units must be sold to cover the costs.

    >>> break_even(3, 1, 10)
    5
    """
    return math.ceil(fixed_costs / (price - unit_cost))
''',
                "break_even(1.20, 1.20, 2350)",  # the first attempt fails
                rectification_2="Price and cost were the same.\n" + _decision("break_even(3.20, 1.20, 2350)"),
            ),
            "1175",
        ),
        after=(("break_even(4.20, 1.20, 2400)", "800"),),
    ),
    Lesson(
        "02_zinseszins",
        Task(
            "%%solve",
            "Lena legt 5.000 € für 7 Jahre zu 2,5 % Zinsen im Jahr an; die Zinsen werden mitverzinst.\n"
            "Wie viel Geld hat sie am Ende?",
            _replies(
                "Womit wird das Kapital in jedem einzelnen Jahr malgenommen?",
                "In jedem Jahr wächst das Kapital mit demselben Faktor. Überlege, wie oft dieser Faktor "
                "vorkommt, und achte darauf, dass der Zinssatz in Prozent angegeben ist.",
                '''
def endkapital(kapital: float, zinssatz: float, jahre: int) -> float:
    """Berechne das Endkapital in Euro nach ganzen Jahren mit Zinseszins; der Zinssatz ist in Prozent.

    >>> endkapital(100, 10, 2)
    121.0
    """
    return round(kapital * (1 + zinssatz / 100) ** jahre, 2)
''',
                "endkapital(5000, 2.5, 7)",
            ),
            "5943.43",
        ),
    ),
    Lesson(
        "03_moyenne",
        Task(
            "%%solve --use notes",
            "Chaque note a un coefficient. Quelle est la moyenne pondérée de la classe, arrondie à deux "
            "décimales ?",
            _replies(
                "Que pèse une note dont le coefficient est deux fois plus grand ?",
                "Une moyenne pondérée divise une somme de produits par la somme des poids. Vérifie que tu "
                "divises par les coefficients et non par le nombre de notes.",
                '''
def moyenne_ponderee(valeurs, poids) -> float:
    """Calcule la moyenne pondérée de valeurs, avec un poids pour chacune.

    >>> moyenne_ponderee([10, 20], [1, 3])
    17.5
    """
    paires = list(zip(valeurs, poids, strict=True))
    return sum(v * p for v, p in paires) / sum(p for _, p in paires)
''',
                'round(float(moyenne_ponderee(notes["note"], notes["coefficient"])), 2)',
            ),
            "13.88",
        ),
        before=(
            "import pandas as pd\n\n"
            'notes = pd.DataFrame({"élève": ["Ana", "Bo", "Chloé", "Driss"], "note": [12.5, 9.0, 16.0, 14.5], '
            '"coefficient": [2, 1, 3, 2]})',
        ),
        after=(("len(notes)", "4"),),
    ),
    Lesson(
        "04_ventas_sql",
        Task(
            "%%solve --use con",
            "¿Qué producto trajo más ingresos en 2025, contando precio por cantidad?",
            _replies(
                "¿Qué tienes que multiplicar antes de sumar por producto?",
                "Agrupa las ventas por producto y suma los ingresos de cada grupo, solo del año pedido. "
                "Después ordena de mayor a menor y quédate con el primero.",
                '''
def producto_con_mas_ingresos(con, anio: int) -> str:
    """Devuelve el producto que más ingresos trajo en un año, según la tabla `ventas`."""
    consulta = (
        "SELECT producto FROM ventas WHERE anio = ? "
        "GROUP BY producto ORDER BY SUM(precio * cantidad) DESC LIMIT 1"
    )
    return con.execute(consulta, (anio,)).fetchone()[0]
''',
                "producto_con_mas_ingresos(con, 2025)",
            ),
            "'queso'",
        ),
        before=(
            "import sqlite3\n\n"
            'con = sqlite3.connect(":memory:")\n'
            'con.execute("CREATE TABLE ventas (producto TEXT, anio INTEGER, precio REAL, cantidad INTEGER)")\n'
            'con.executemany("INSERT INTO ventas VALUES (?, ?, ?, ?)", [("pan", 2025, 1.2, 900), '
            '("queso", 2025, 8.5, 210), ("vino", 2025, 6.0, 150), ("vino", 2024, 6.0, 900)])\n'
            "con.commit()",
        ),
    ),
    Lesson(
        "05_月销售",
        Task(
            "%%solve --use 销售",
            "哪个城市三个月的总销售额最高?请给出城市的名字。",
            _replies(
                "同一个城市的三行数据应该怎样合在一起?",
                "先把每个城市各月的销售额加起来,再比较这些总和。注意要的是城市的名字,而不是金额。",
                '''
def 最高城市(表, 城市列: str, 金额列: str) -> str:
    """返回总金额最高的城市的名字。"""
    return str(表.groupby(城市列)[金额列].sum().idxmax())
''',
                '最高城市(销售, "城市", "金额")',
            ),
            "'上海'",
        ),
        before=(
            "import pandas as pd\n\n"
            '销售 = pd.DataFrame({"城市": ["北京", "上海", "广州"] * 3, "月份": [1, 1, 1, 2, 2, 2, 3, 3, 3], '
            '"金额": [320, 410, 150, 290, 380, 420, 310, 400, 160]})',
        ),
    ),
    Lesson(
        "06_خصم",
        Task(
            "%%solve",
            "ثمن حاسوب 4500 ريال. يقدّم المتجر خصمًا قدره 12٪ ثم تضاف ضريبة قدرها 15٪ على السعر بعد الخصم.\n"
            "كم يدفع المشتري؟",
            _replies(
                "على أي مبلغ تُحسب الضريبة: على السعر قبل الخصم أم بعده؟",
                "احسب السعر بعد الخصم أولًا، ثم أضف الضريبة إلى هذا السعر الجديد. انتبه إلى أن النسبتين لا "
                "تُطرحان إحداهما من الأخرى.",
                '''
def final_price(price: float, discount: float, tax: float) -> float:
    """تُرجع ما يدفعه المشتري بعد خصم بالنسبة المئوية ثم ضريبة بالنسبة المئوية.

    >>> final_price(100, 10, 10)
    99.0
    """
    return round(price * (1 - discount / 100) * (1 + tax / 100), 2)
''',
                "final_price(4500, 12, 15)",
            ),
            "4554.0",
        ),
    ),
    Lesson(
        "07_zuwachs",
        Task(
            "%%solve",
            "Tarek legt 1.200 € für 10 Jahre zu 3 % Zinsen im Jahr an; die Zinsen werden mitverzinst.\n"
            "Wie viel Geld hat er am Ende mehr als am Anfang?",
            _replies(
                "Welchen Teil davon hast du in einer früheren Aufgabe schon berechnet?",
                "Berechne zuerst, was am Ende da ist. Gefragt ist aber nur der Zuwachs.",
                '''
def zinsen_insgesamt(kapital: float, zinssatz: float, jahre: int) -> float:
    """Berechne alle Zinsen in Euro nach ganzen Jahren mit Zinseszins; der Zinssatz ist in Prozent.

    >>> zinsen_insgesamt(100, 10, 2)
    21.0
    """
    return round(kapital * (1 + zinssatz / 100) ** jahre - kapital, 2)
''',
                "zinsen_insgesamt(1200, 3, 10)",
            ),
            "412.7",
        ),
    ),
    Lesson(
        "08_own_call",
        Task(
            "%%create",
            "Convert a temperature from degrees Fahrenheit to degrees Celsius.",
            {
                ("help", 1): "At which Fahrenheit temperature does water freeze?",
                ("help", 2): "Shift the scale first so that freezing is at zero, then stretch it.",
                ("creation", 1): _tool(
                    '''
def to_celsius(fahrenheit: float) -> float:
    """Return a temperature in degrees Celsius.

    >>> to_celsius(212)
    100.0
    """
    return (fahrenheit - 32) * 5 / 9
'''
                ),
            },
            "",
        ),
        after=(("round(to_celsius(98.6), 1)", "37.0"),),
    ),
    Lesson(
        "09_caduta",
        Task(
            "%%solve --method entangled",
            "Una pietra cade da una torre alta 45 m. Dopo quanti secondi tocca terra, senza l'aria? Arrotonda a "
            "due decimali.",
            {
                ("help", 1): "Come cresce la distanza percorsa quando il tempo raddoppia?",
                ("help", 2): "La distanza cresce con il quadrato del tempo. Ricava il tempo dalla formula "
                "della caduta, e ricorda che serve una radice.",
                ("creation", 1): _tool(
                    '''
import math


def tempo_di_caduta(altezza: float, g: float = 9.81) -> float:
    """Restituisce il tempo di caduta in secondi da un'altezza in metri.

    >>> tempo_di_caduta(9.81 / 2)
    1.0
    """
    return math.sqrt(2 * altezza / g)
'''
                ),
                ("entangled", 1): _tool(
                    '''
import math


def tempo_di_caduta(altezza: float, g: float = 9.81) -> float:
    """Restituisce il tempo di caduta in secondi da un'altezza in metri."""
    return math.sqrt(2 * altezza / g)
'''
                )
                + "\n"
                + _decision("round(tempo_di_caduta(45), 2)"),
            },
            "3.03",
        ),
    ),
    Lesson(
        "10_matrix",
        Task(
            '%%solve --use rain --check "answer > 0"',
            "Each row of `rain` is a week, each column a day, in millimetres. What was the rain of the wettest "
            "week?",
            _replies(
                "Which of the two directions of the table makes a week?",
                "Add up what belongs to one week before you compare weeks with each other.",
                '''
def wettest(amounts) -> float:
    """Return the largest sum of a row."""
    return float(max(sum(row) for row in amounts.tolist()))
''',
                "-wettest(rain)",  # the check fails
                rectification_2="The sign was wrong.\n" + _decision("wettest(rain)"),
            ),
            "41.0",
        ),
        before=(
            "import numpy as np\n\nrain = np.array([[0, 3, 12, 0, 5, 1, 0], [9, 0, 0, 14, 2, 10, 6], "
            "[1, 1, 1, 1, 1, 1, 1]])",
        ),
    ),
    Lesson(
        "11_vendas",
        Task(
            "%%solve --use vendas",
            "Em que mês de 2025 a loja vendeu mais? Responda com o número do mês.",
            _replies(
                "Como se tira o mês de uma data?",
                "Junte as vendas por mês antes de comparar. Cuidado: o dia com mais vendas não precisa de "
                "estar no melhor mês.",
                '''
def melhor_mes(datas, valores) -> int:
    """Devolve o número do mês com a maior soma de valores."""
    return int(valores.groupby(datas.dt.month).sum().idxmax())
''',
                'melhor_mes(vendas["data"], vendas["valor"])',
            ),
            "3",
        ),
        before=(
            "import pandas as pd\n\nvendas = pd.DataFrame({"
            '"data": pd.to_datetime(["2025-01-04", "2025-02-11", "2025-03-02", "2025-03-20", "2025-03-29"]), '
            '"valor": [310.0, 420.0, 150.0, 180.0, 140.0]})',
        ),
    ),
    Lesson(
        "12_середня",
        Task(
            "%%solve --into швидкість",
            "Потяг їде 120 км зі швидкістю 80 км/год і ще 90 км зі швидкістю 60 км/год.\n"
            "Яка його середня швидкість на всьому шляху?",
            _replies(
                "Скільки часу триває кожна частина шляху?",
                "Середня швидкість — це весь шлях, поділений на весь час. Не бери просто середнє двох чисел.",
                '''
def середня_швидкість(відрізки) -> float:
    """Повертає середню швидкість за парами (відстань, швидкість).

    >>> середня_швидкість([(10, 10), (10, 10)])
    10.0
    """
    шлях = sum(відстань for відстань, _ in відрізки)
    return шлях / sum(відстань / швидкість for відстань, швидкість in відрізки)
''',
                "середня_швидкість([(120, 80), (90, 60)])",
            ),
            "70.0",
        ),
        after=(("швидкість * 2", "140.0"),),
    ),
)
