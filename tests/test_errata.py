"""The errata lab: every mistake that can be run is a pair of cells, first the mistake and then the correction."""

import re
from pathlib import Path

import pytest

from minigrad.cli.concepts import errata

ROOT = Path(__file__).parent.parent
LAB = (ROOT / "tutorials" / "20_errata_lab.py").read_text(encoding="utf-8")
CANNOT_BE_RUN = {"E000-17", "E003-01"}  # a list of references, and a year
RUN = [id for id, erratum in errata().items() if erratum.severity in "AB" and id not in CANNOT_BE_RUN]


def sections():
    """The cells of code of each section of the lab."""
    found = {}
    for cell in re.split(r"^(?=# %%)", LAB, flags=re.M):
        heading = re.match(r'# %% \[markdown\] i18n="en" key="([^"]+)"', cell)
        if heading:
            key = heading[1].removesuffix("-why")  # what stands between the two
            found.setdefault(key, [])
        elif cell.startswith("# %%\n"):
            found[key].append(cell)
    return found


SECTIONS = sections()


def test_the_lab_has_each_a_and_each_b_that_can_be_run_in_the_order_of_the_list():
    assert [key for key in SECTIONS if re.fullmatch(r"E00\d-\d\d", key)] == RUN
    assert [erratum.id for erratum in errata().values() if erratum.cell == f"20_errata_lab#{erratum.id}"] == RUN


@pytest.mark.parametrize("id", RUN)
def test_a_mistake_is_a_pair_of_cells_and_both_assert_their_numbers(id):
    wrong, right = SECTIONS[id]

    assert "wrong:" in wrong or "crash(" in wrong
    assert "right:" in right
    assert "assert " in wrong
    assert "assert " in right


@pytest.mark.parametrize("id", RUN)
def test_the_answer_stands_between_the_mistake_and_the_correction(id):
    places = [LAB.index(part) for part in (f'key="{id}"', SECTIONS[id][0], f'key="{id}-why"', SECTIONS[id][1])]

    assert places == sorted(places)


@pytest.mark.parametrize("id", RUN)
def test_a_section_of_the_lab_begins_with_its_number_and_asks_before_it_runs(id):
    english, chinese = re.findall(rf'^# %% \[markdown\] i18n="\w\w" key="{id}".*\n((?:#.*\n)+)', LAB, flags=re.M)

    for text, question in ((english, "**Predict"), (chinese, "**预测**")):
        assert text.startswith(f"# ## {id} · " + ("B · " if errata()[id].severity == "B" else ""))
        assert question in text


def test_the_lab_says_how_many_mistakes_it_runs():
    assert LAB.count(f"here {len(RUN)} of them") == LAB.count(f"让其中 {len(RUN)} 处") == 1
    assert f"Few of the {len(RUN)} crash" in LAB
    assert f"{len(RUN)} 处里没有几处会报错" in LAB


def test_the_lab_lists_its_mistakes_by_theme_each_once_and_alike_in_both_languages():
    rows = re.findall(r"^# \| [^|]+ \| (E00[^|]+) \|$", LAB, flags=re.M)
    english, chinese = rows[: len(rows) // 2], rows[len(rows) // 2 :]

    assert english == chinese
    assert sorted(re.findall(r"E00\d-\d\d", " ".join(english))) == sorted(RUN)
