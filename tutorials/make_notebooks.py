"""Make the tutorials into Jupyter notebooks, in English or Chinese; or check that both languages say the same.

python tutorials/make_notebooks.py --language zh --out notebooks     the notebooks, the same bytes each time
python tutorials/make_notebooks.py --check                           which prose is missing, or older than its original
python tutorials/make_notebooks.py --stamp                           "I have read them: the Chinese says it, too"

The check also compares the links and formulas of both languages. A notebook that is already in the folder and differs,
because somebody worked in it, is overwritten only with --force.

The code of a long first cell is folded, so that its picture stands on the first screen; a click unfolds it.

A tutorial is a Python script in jupytext's percent format. Code stands in it once; every cell of prose twice, English
and then Chinese, with the same key. The Chinese cell carries a hash of the English text it was written for.
"""

import argparse
import functools
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
LANGUAGES = {"en": "English", "zh": "Chinese"}
LINK = re.compile(r"(\]\()([\w./-]+)(?=[)#])")
CHINESE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
INSIDE = re.compile(f"(?<={CHINESE})\n(?={CHINESE})")  # a line's end within Chinese, which Jupyter shows as a blank
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,60}")
HEADING = "# %% [markdown] "
FIRST_SCREEN = 25  # lines of code that leave room for a picture below them
SAME = {"links": re.compile(r"\]\(([^)\s]+)"), "formulas": re.compile(r"\$[^$\n]+\$")}  # in both languages


def tutorials() -> list[Path]:
    """The scripts, in the order in which they are read."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def cells(script: Path) -> list:
    """The cells of a script; prose has `metadata` i18n, key and, if Chinese, src."""
    return parsed(text_of(script))


@functools.cache
def parsed(text: str) -> list:
    """The cells in a text, which takes jupytext half a second."""
    return jupytext.reads(text, fmt="py:percent").cells


def text_of(script: Path) -> str:
    """What stands in a script, without the mark that Windows may set before it."""
    try:
        return script.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{script} is not text in UTF-8") from None


def keys(script: Path) -> list[str]:
    """The keys of a script's prose, in order: what a link to one of its cells may name."""
    return [cell.metadata["key"] for cell in cells(script) if cell.metadata.get("i18n") == "en"]


def fingerprint(text: str) -> str:
    """A hash of what an English cell says, which its translation carries."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def problems(script: Path) -> list[str]:
    """What is wrong with the prose of a script, one sentence each; nothing if both languages go together."""
    found = [
        f'line {number} is no heading of a cell: write {HEADING}i18n="en" key="…"'
        for number, line in enumerate(text_of(script).splitlines(), 1)
        if re.match(r"#\s*%%.*\bmarkdown\b", line) and not line.startswith(HEADING)
    ]
    prose = [cell for cell in cells(script) if cell.cell_type == "markdown"]
    names = [(cell.metadata.get("i18n"), cell.metadata.get("key")) for cell in prose]
    for language, key in dict.fromkeys(names):
        if language not in LANGUAGES or not KEY.fullmatch(key or ""):
            found.append(f'a cell of prose needs i18n="en" or "zh" and a key of letters and dashes: {language}, {key}')
        elif names.count((language, key)) > 1:
            found.append(f"two {LANGUAGES[language]} cells have the key {key}")
    if found:
        return found
    if names != [(language, key) for _, key in names[::2] for language in LANGUAGES]:
        return ["every English cell of prose must be followed by the Chinese one with the same key"]
    ids = [id for id, _ in named_cells(script, "en")]
    found = [f"two cells would be named {id}: choose another key" for id in dict.fromkeys(ids) if ids.count(id) > 1]
    for english, chinese in zip(prose[::2], prose[1::2], strict=True):
        found += differences(english, chinese)
    return found


def differences(english, chinese) -> list[str]:
    """What a cell of prose says in one language only, as far as that can be told."""
    key, found = english.metadata["key"], []
    if chinese.metadata.get("src") != fingerprint(english.source):
        found.append(
            f"the English of {key} has changed since it was translated: "
            "mend the Chinese, then run make_notebooks.py --stamp"
        )
    if not re.search("[\u4e00-\u9fff]", chinese.source):
        found.append(f"the Chinese of {key} says nothing in Chinese")
        return found
    for what, pattern in SAME.items():
        only = set(pattern.findall(english.source)) ^ set(pattern.findall(chinese.source))
        if only:
            found.append(f"the {what} of {key} differ: {', '.join(sorted(only))}")
    return found


def stamp(script: Path) -> None:
    """Write into every Chinese cell the hash of the English one before it."""
    english = {cell.metadata["key"]: cell.source for cell in cells(script) if cell.metadata.get("i18n") == "en"}

    def stamped(heading):
        return f'{heading[1]} src="{fingerprint(english[heading[2]])}"' if heading[2] in english else heading[0]

    text = script.read_bytes().decode("utf-8")  # not read_text: the ends of its lines stay what they are
    heading = re.escape(HEADING) + r'i18n="zh" key="([^"]*)"'
    put(script, re.sub(rf"^({heading}).*?(?=\r?$)", stamped, text, flags=re.M))


def relinked(text: str, folder: Path) -> str:
    """Prose whose links lead on from a folder of notebooks: to those of other tutorials, and else to the files here."""

    def lead(link):
        path = HERE / link[2]
        if path in tutorials():
            return link[1] + path.with_suffix(".ipynb").name
        if not path.exists():
            return link[0]
        try:
            return link[1] + Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
        except ValueError:  # on another drive of Windows
            return link[1] + path.resolve().as_uri()

    return LINK.sub(lead, text)


def named_cells(script: Path, language: str):
    """(id, cell) for each cell of a notebook in one language; code after the prose "a" is called a-1, a-2, …"""
    section, number = "start", 0
    for cell in cells(script):
        if cell.cell_type != "markdown":
            number += 1
            yield f"{section}-{number}", cell
        elif cell.metadata["i18n"] == language:
            section, number = cell.metadata["key"], 0
            yield section, cell


def notebook(script: Path, language: str, folder: Path = HERE):
    """The notebook of a script in one language, to lie in folder."""
    made = nbformat.v4.new_notebook()
    for id, cell in named_cells(script, language):
        if cell.cell_type == "markdown":
            prose = INSIDE.sub("", relinked(cell.source, folder))
            made.cells.append(nbformat.v4.new_markdown_cell(prose, id=id))
        else:
            made.cells.append(nbformat.v4.new_code_cell(cell.source, id=id))
    first = next((cell for cell in made.cells if cell.cell_type == "code"), None)
    if first and len(first.source.splitlines()) > FIRST_SCREEN:
        first.metadata["jupyter"] = {"source_hidden": True}
    made.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.validate(made)
    return made


def write(scripts: list[Path], language: str, folder: Path, force: bool = False) -> list[Path]:
    """Write the notebooks of these tutorials into a folder, and return their paths.

    Raises ValueError, before it writes any, if one is there that differs, unless forced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = {}
    for script in scripts:
        made[folder / f"{script.stem}.ipynb"] = nbformat.writes(notebook(script, language, folder)) + "\n"
    others = [path for path, text in made.items() if path.exists() and path.read_bytes() != text.encode()]
    if others and not force:
        raise ValueError(
            f"somebody may have worked in what is already there: {', '.join(map(str, others))}; "
            "choose another --out, or add --force to overwrite"
        )
    for path, text in made.items():
        put(path, text)
    return list(made)


def put(path: Path, text: str) -> None:
    """Write a file, the same bytes on every system; if that breaks off, what was there before stays."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(text.encode())
    part.replace(path)


def main() -> int:
    """Run the command; 1 if a check found something."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", nargs="*", type=Path, metavar="SCRIPT", help="which tutorials; default: all")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--out", type=Path, default=Path("notebooks"), metavar="FOLDER", help="default: notebooks")
    parser.add_argument("--force", action="store_true", help="overwrite notebooks that somebody worked in")
    parser.add_argument("--check", action="store_true", help="only say where the languages differ")
    parser.add_argument("--stamp", action="store_true", help="declare that they say the same")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return run(arguments)
    except ValueError as error:
        sys.exit(f"make_notebooks: {error}")
    except OSError as error:
        sys.exit(f"make_notebooks: {error.filename}: {error.strerror}")


def run(arguments) -> int:
    """Do what the command line asks for, and return the exit code."""
    scripts = arguments.scripts or tutorials()
    for script in scripts if arguments.stamp else ():
        stamp(script)
    found = [f"{script.name}: {problem}" for script in scripts for problem in problems(script)]
    if found or arguments.check or arguments.stamp:
        print("\n".join(found) or "both languages go together")
        return bool(found)
    paths = write(scripts, arguments.language, arguments.out, arguments.force)
    print(f"{len(paths)} notebooks in {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
