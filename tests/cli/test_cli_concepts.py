"""Tests of `minigrad concepts`: words of either language, ids, near misses."""

import pytest

from minigrad.cli import main
from minigrad.cli.concepts import concepts, errata, found


@pytest.mark.parametrize("word", ["Huber", "huber loss", "Huber 损失", "S002-09", "s002-09", "HuberLoss"])
def test_a_concept_is_found_by_its_names_its_id_or_its_code(word):
    assert found(word, concepts())[0].id == "S002-09"


@pytest.mark.parametrize(
    ("word", "id"),
    [
        ("cross entropy", "S000-04"),
        ("Cross‑Entropy", "S000-04"),
        ("over-fitting", "S000-30"),
        ("gradient  clipping", "S001-10"),
        ("Ｍｏｍｅｎｔｕｍ", "S002-12"),
        ("learning_rate", "S000-08"),
        ("β1", "S000-14"),
        ("smooth l2", "S003-13"),
        ("003", "S003-01"),
    ],
)
def test_blanks_hyphens_quotes_capitals_and_wide_letters_do_not_matter(word, id):
    assert found(word, concepts())[0].id == id


@pytest.mark.parametrize(
    ("word", "id"),
    [("MSE", "S000-03"), ("sgd", "S000-10"), ("BCE", "S002-06"), ("均方误差", "S000-03"), ("MLP", "S000-22")],
)
def test_an_abbreviation_in_parentheses_is_a_name(word, id):
    assert found(word, concepts())[0].id == id


@pytest.mark.parametrize("word", ["_", "-", '""'])
def test_a_word_without_a_letter_finds_nothing(word):
    assert found(word, concepts()) == []


def test_a_mistake_is_found_by_its_id_with_what_stands_there_and_where_it_can_be_run(capsys):
    assert main(["concepts", "e003-12"]) == 0

    said = capsys.readouterr().out
    mistake = errata()["E003-12"]
    assert said.startswith("Momentum · 动量法    S003-16")
    for text in (mistake.says_en, mistake.right_en, mistake.says_zh, mistake.right_zh):
        assert text in said
    assert "run in tutorials/20_errata_lab.py, cell E003-12\n" in said


@pytest.mark.parametrize("word", ["sigmoid", "chain rule", "11_mnist", "2.1.3", "002 §2.1.3"])
def test_a_word_that_is_no_name_is_sought_in_what_is_said_and_where_it_is_taught(word):
    matches = found(word, concepts())

    assert matches
    assert len(matches) < 30


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
    assert said.count(" · ") == 3
    assert said.endswith("; minigrad concepts lists all\n")


def test_a_word_that_nothing_looks_like_gets_no_arbitrary_names(capsys):
    assert main(["concepts", "🙂"]) == 2

    assert capsys.readouterr().err == "minigrad concepts: there is no concept '🙂'; minigrad concepts lists all\n"
