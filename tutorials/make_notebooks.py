"""Make the tutorials into Jupyter notebooks, in English or Chinese; or check that both languages say the same.

python tutorials/make_notebooks.py --language zh --out notebooks     the notebooks, the same bytes each time
python tutorials/make_notebooks.py --check                           which prose is missing, or older than its original
python tutorials/make_notebooks.py --stamp                           "I have read them: the Chinese says it, too"

A tutorial is a Python script in jupytext's percent format. Code stands in it once; every cell of prose twice, English
and then Chinese, with the same key. The Chinese cell carries a hash of the English text it was written for.
"""

import argparse
import hashlib
import os
import re
import sys
from pathlib import Path

try:
    import jupytext
    import nbformat
except ImportError:
    sys.exit('make_notebooks: jupytext is not installed; pip install -e ".[notebooks]" in minigrad\'s folder')

HERE = Path(__file__).parent
LANGUAGES = {"en": "English", "zh": "中文"}
LINK = re.compile(r"(\]\()([\w./-]+)(?=[)#])")
CHINESE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
INSIDE = re.compile(
    f"(?<={CHINESE})\n(?={CHINESE})"
)  # the end of a line within Chinese, which Jupyter shows as a blank
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,60}")


def tutorials() -> list[Path]:
    """The scripts, in the order in which they are read."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def cells(script: Path) -> list:
    """The cells of a script; prose has `metadata` i18n, key and, if Chinese, src."""
    return jupytext.reads(script.read_text(encoding="utf-8"), fmt="py:percent").cells


def keys(script: Path) -> list[str]:
    """The keys of a script's prose, in order: what a link to one of its cells may name."""
    return [cell.metadata["key"] for cell in cells(script) if cell.metadata.get("i18n") == "en"]


def fingerprint(text: str) -> str:
    """A hash of what an English cell says, which its translation carries."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def problems(script: Path) -> list[str]:
    """What is wrong with the prose of a script, one sentence each; nothing if both languages go together."""
    found, prose = [], [cell for cell in cells(script) if cell.cell_type == "markdown"]
    names = [(cell.metadata.get("i18n"), cell.metadata.get("key")) for cell in prose]
    for language, key in names:
        if language not in LANGUAGES or not KEY.fullmatch(key or ""):
            found.append(f'a cell of prose needs i18n="en" or "zh" and a key of letters and dashes: {language}, {key}')
        elif names.count((language, key)) > 1:
            found.append(f"two {LANGUAGES[language]} cells have the key {key}")
    if found:
        return found
    if [name for pair in zip(names[::2], names[1::2], strict=False) for name in pair] != [
        (language, key) for _, key in names[::2] for language in LANGUAGES
    ]:
        return ["every English cell of prose must be followed by the Chinese one with the same key"]
    for english, chinese in zip(prose[::2], prose[1::2], strict=True):
        if chinese.metadata.get("src") != fingerprint(english.source):
            found.append(
                f"the English of {english.metadata['key']} has changed since it was translated: "
                "mend the Chinese, then run make_notebooks.py --stamp"
            )
    return found


def stamp(script: Path) -> None:
    """Write into every Chinese cell the hash of the English one before it."""
    lines, english = script.read_text(encoding="utf-8").split("\n"), {}
    for cell in cells(script):
        if cell.metadata.get("i18n") == "en":
            english[cell.metadata["key"]] = fingerprint(cell.source)
    for i, line in enumerate(lines):
        if found := re.match(r'# %% \[markdown\] i18n="zh" key="([^"]*)"', line):
            lines[i] = f'{found[0]} src="{english[found[1]]}"'
    script.write_text("\n".join(lines), encoding="utf-8")


def relinked(text: str, folder: Path) -> str:
    """Prose whose links lead on from a folder of notebooks: to those of other tutorials, and else to the files here."""

    def lead(link):
        path = HERE / link[2]
        here = os.path.relpath(path.resolve(), folder.resolve()) if path.exists() else link[2]
        return link[1] + (path.with_suffix(".ipynb").name if path in tutorials() else Path(here).as_posix())

    return LINK.sub(lead, text)


def notebook(script: Path, language: str, folder: Path = HERE):
    """The notebook of a script in one language, to lie in folder; cells are named after the prose they follow."""
    made, section, number = nbformat.v4.new_notebook(), "start", 0
    for cell in cells(script):
        if cell.cell_type == "markdown" and cell.metadata["i18n"] != language:
            continue
        if cell.cell_type == "markdown":
            section, number = cell.metadata["key"], 0
            prose = INSIDE.sub("", relinked(cell.source, folder))
            made.cells.append(nbformat.v4.new_markdown_cell(prose, id=section))
        else:
            number += 1
            made.cells.append(nbformat.v4.new_code_cell(cell.source, id=f"{section}-{number}"))
    made.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.validate(made)
    return made


def write(scripts: list[Path], language: str, folder: Path) -> list[Path]:
    """Write the notebooks of these tutorials into a folder, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{script.stem}.ipynb" for script in scripts]
    for script, path in zip(scripts, paths, strict=True):
        path.write_text(nbformat.writes(notebook(script, language, folder)) + "\n", encoding="utf-8")
    return paths


def main() -> int:
    """Run the command; 1 if a check found something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", nargs="*", type=Path, metavar="SCRIPT", help="which tutorials; default: all")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--out", type=Path, default=Path("notebooks"), metavar="FOLDER", help="default: notebooks")
    parser.add_argument("--check", action="store_true", help="only say where the languages differ")
    parser.add_argument("--stamp", action="store_true", help="declare that they say the same")
    arguments = parser.parse_args()
    scripts = arguments.scripts or tutorials()
    for script in scripts if arguments.stamp else ():
        stamp(script)
    found = [f"{script.name}: {problem}" for script in scripts for problem in problems(script)]
    if found or arguments.check or arguments.stamp:
        print("\n".join(found) or "both languages go together")
        return bool(found)
    paths = write(scripts, arguments.language, arguments.out)
    print(f"{len(paths)} notebooks in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
