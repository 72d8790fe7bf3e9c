"""Write docs/concepts.md and docs/errata.md from the data that `minigrad concepts` reads.

python docs/make_concepts.py
"""

from pathlib import Path

from minigrad.cli.concepts import DOCUMENTS, concepts, errata

HERE = Path(__file__).parent
CONCEPTS = """# The concept map

Five Chinese documents on losses and optimizers, from here on 000 to 004, name {count} concepts. Each of them is
explained here, is something that can be imported, is taught in a cell of a tutorial, and is tested; where a document is
wrong, the [erratum](errata.md) says so. A formula is the right one, also where the document's is not.
`minigrad concepts WORD` finds a concept in either language. This page is made by `python docs/make_concepts.py` from
`minigrad/cli/concepts.csv`; a test follows every link.
"""
ERRATA = """# Errata of the five documents

{count} mistakes. A: a formula or code is wrong: wrong numbers, or a crash; B: a concept is wrong; C: imprecise,
incomplete or misleading. Every A, and each B that can be run, is a pair of cells in the
[errata lab](../tutorials/20_errata_lab.py): the mistake happening, and the correction working. This page is made by
`python docs/make_concepts.py` from `minigrad/cli/errata.csv`.
"""


def concept_page() -> str:
    """The concept map as Markdown."""
    everything = concepts()
    parts = [CONCEPTS.format(count=len(everything))]
    for document, title in DOCUMENTS.items():
        parts.append(f"\n## Document {document}\n\n{title}\n")
        parts.append("| § | concept | what it is | formula | code | taught | tested | errata |\n" + "| --- " * 8 + "|")
        parts += [_concept_line(concept) for concept in everything if concept.document == document]
    return "\n".join(parts) + "\n"


def _concept_line(concept):
    code = ", ".join(f"`{path}`" for path in concept.code)
    file = concept.test.partition("::")[0]
    mistakes = ", ".join(f"[{id}](errata.md#{id.lower()})" for id in concept.errata)
    return _row(
        f'<a id="{concept.id.lower()}"></a>{concept.section}', f"**{concept.en}**<br>{concept.zh}",
        f"{concept.says_en}<br>{concept.says_zh}", concept.formula, code, _cell(concept.tutorial),
        f"[{Path(file).stem}](../{file})", mistakes,
    )  # fmt: skip


def errata_page() -> str:
    """The mistakes as Markdown."""
    mistakes = errata()
    parts = [ERRATA.format(count=len(mistakes))]
    for document in DOCUMENTS:
        parts.append(f"\n## Document {document}\n")
        parts.append("| | § | the document says | what is right | source | run it |\n" + "| --- " * 6 + "|")
        parts += [_erratum_line(erratum) for erratum in mistakes.values() if erratum.id[1:4] == document]
    return "\n".join(parts) + "\n"


def _erratum_line(erratum):
    return _row(
        f'<a id="{erratum.id.lower()}"></a>{erratum.id} **{erratum.severity}**', erratum.section,
        f"{erratum.says_en}<br>{erratum.says_zh}", f"{erratum.right_en}<br>{erratum.right_zh}", erratum.source,
        _cell(erratum.cell) if erratum.cell else "",
    )  # fmt: skip


def _cell(place):
    """A link to the tutorial, with the key of its cell as a name to search for."""
    script, _, key = place.partition("#")
    return f"[{script[:2]}: {key}](../tutorials/{script}.py)"


def _row(*cells):
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


PAGES = {"concepts.md": concept_page, "errata.md": errata_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
