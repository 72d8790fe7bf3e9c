"""Write docs/concepts.md and docs/errata.md from the data that `minigrad concepts` reads.

python docs/make_concepts.py
"""

import re
from pathlib import Path

from minigrad.cli.concepts import DOCUMENTS, concepts, errata

HERE = Path(__file__).parent
CONCEPTS = """# The concept map

Five Chinese documents on losses and optimizers, from here on 000 to 004, name {count} concepts. Each of them is
explained here, is something that can be imported, is taught in a cell of a tutorial, and is tested; where a document is
wrong, the [erratum](errata.md) says so. A formula is the right one, also where the document's is not.
`minigrad concepts WORD` finds a concept in either language. This page is made by `python docs/make_concepts.py` from
`minigrad/cli/concepts.csv`; a test follows every link.

五份文档（编号 000 至 004）共提到 {count} 个概念。
这里逐一解释，并给出公式、可以导入的代码、讲解它的教程单元、守着它的测试。
文档有错之处链接到[勘误](errata.md)。公式一律写成正确的形式。也可以用 `minigrad concepts 词` 查找。
"""
ERRATA = """# Errata of the five documents

{count} mistakes. A: a formula or code is wrong: wrong numbers, or a crash; B: a concept is wrong; C: imprecise,
incomplete or misleading. Every A, and each B that can be run, is a pair of cells in the
[errata lab](../tutorials/20_errata_lab.py): the mistake happening, and the correction working. This page is made by
`python docs/make_concepts.py` from `minigrad/cli/errata.csv`.

五份文档中的 {count} 处错误。A：公式或代码有错，结果不对或直接报错；B：概念有错；C：不准确、不完整或容易误解。
每个 A 级错误，以及能运行的 B 级错误，在[勘误实验](../tutorials/20_errata_lab.py)里都有一对单元：
先让错误发生，再看改正后的结果。
"""


def concept_page() -> str:
    """The concept map as Markdown: of each document first the names, then what they mean."""
    everything = concepts()
    parts = [CONCEPTS.format(count=len(everything))]
    for document, title in DOCUMENTS.items():
        here = [concept for concept in everything if concept.document == document]
        parts += [f"## Document {document}", title]
        parts += [
            " · ".join(f"[{getattr(concept, language)}](#{concept.id.lower()})" for concept in here)
            for language in ("en", "zh")
        ]
        parts += map(_concept_entry, here)
    return "\n\n".join(parts) + "\n"


def _concept_entry(concept):
    file, _, test = concept.test.partition("::")
    mistakes = ", ".join(f"[{id}](errata.md#{id.lower()})" for id in concept.errata)
    lines = [f"formula · 公式: `{concept.formula}`"] if concept.formula else []
    lines += [
        "code · 代码: " + ", ".join(f"`{path}`" for path in concept.code),
        f"tutorial · 教程: {_cell(concept.tutorial)}; test · 测试: [{Path(file).name}](../{file}), `{test}`",
        f"document · 文档: {concept.document} §{concept.section}"
        + (f"; errata · 勘误: {mistakes}" if mistakes else ""),
    ]
    says = f"{_escaped(concept.says_en)}\n\n{_escaped(concept.says_zh)}"
    heading = f'### <a id="{concept.id.lower()}"></a>{concept.en} · {concept.zh}'
    return f"{heading}\n\n{says}\n\n" + "\n".join(f"- {line}" for line in lines)


def errata_page() -> str:
    """The mistakes as Markdown."""
    mistakes = errata()
    parts = [ERRATA.format(count=len(mistakes))]
    for document in DOCUMENTS:
        here = [erratum for erratum in mistakes.values() if erratum.id[1:4] == document]
        parts += [f"## Document {document}", *map(_erratum_entry, here)]
    return "\n\n".join(parts) + "\n"


def _erratum_entry(erratum):
    run = f"; run it · 运行: {_cell(erratum.cell)}" if erratum.cell else ""
    return "\n\n".join([
        f'### <a id="{erratum.id.lower()}"></a>{erratum.id} · {erratum.severity} · {erratum.section}',
        f"> {_escaped(erratum.says_en)}\n>\n> {_escaped(erratum.says_zh)}",
        _escaped(erratum.right_en), _escaped(erratum.right_zh), f"Source · 依据: {_escaped(erratum.source)}{run}",
    ])  # fmt: skip


def _cell(place):
    """A link to the tutorial, with the key of its cell as a name to search for."""
    script, _, key = place.partition("#")
    return f"[{script[:2]}: {key}](../tutorials/{script}.py)"


def _escaped(text):
    """Text of which Markdown is to read nothing as a sign."""
    return re.sub(r"([*_<\[`])", r"\\\1", text)


PAGES = {"concepts.md": concept_page, "errata.md": errata_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
