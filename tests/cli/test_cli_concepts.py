"""Tests of `minigrad concepts`: words of either language, ids, near misses."""

import pytest

from minigrad.cli import main
from minigrad.cli.concepts import concepts, found


@pytest.mark.parametrize("word", ["Huber", "huber loss", "Huber 损失", "S002-09", "s002-09", "HuberLoss"])
def test_a_concept_is_found_by_its_names_its_id_or_its_code(word):
    assert found(word, concepts())[0].id == "S002-09"


def test_a_concept_is_shown_with_formula_code_and_where_it_is_taught(capsys):
    assert main(["concepts", "S002-09"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Huber loss · Huber 损失    S002-09, document 002 §2.1.3\n")
    for name in ("formula    ", "code       minigrad.nn", "taught in  tutorials/04_", "tested in  tests/"):
        assert f"\n  {name}" in said


def test_what_the_document_gets_wrong_is_told(capsys):
    assert main(["concepts", "S003-16"]) == 0

    assert "\n  E003-12    " in capsys.readouterr().out


def test_a_word_in_many_rows_lists_the_others_by_their_ids(capsys):
    assert main(["concepts", "学习率"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Learning rate α · 学习率 α    S000-08, document 000 §3.1\n")
    assert "\nalso · 另见\n" in said
    assert "\n  S001-24  " in said


def test_several_words_are_one_phrase(capsys):
    assert main(["concepts", "gradient", "clipping"]) == 0

    assert capsys.readouterr().out.startswith("Gradient clipping · 梯度裁剪 ")


def test_without_a_word_all_are_listed(capsys):
    assert main(["concepts"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("  S00") for line in lines) == 166
    assert sum(line.startswith("document 00") for line in lines) == 5


@pytest.mark.parametrize(("word", "near"), [("momentun", "Momentum · 动量"), ("学习绿", "学习率"), ("zzz", " · ")])
def test_an_unknown_word_gets_the_nearest_names(word, near, capsys):
    assert main(["concepts", word]) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"minigrad concepts: there is no concept {word!r}; the nearest are: ")
    assert near in said
    assert said.count("; ") == 3
