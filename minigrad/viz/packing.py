"""Text made shorter for a page: what was said before is not said again; instead it says how far back to look.

The story of many steps is made of few words, so three quarters of it go. Browsers can inflate, too, but only behind a
promise, for which the whole page would have to wait. (Ziv and Lempel 1977)
"""

import string

MARK = "~"  # before a reference; the text itself must not hold one
DIGITS = string.ascii_letters + string.digits + "+/"  # after MARK come a length, as one of these, and how far, as three
LEAST = 6  # characters that are worth a reference, which takes five
FARTHEST = len(DIGITS) ** 3 - 1

UNPACK = f"""{{
const packed = document.getElementById("story"), digits = "{DIGITS}";
const number = (said) => [...said].reduce((n, digit) => n * {len(DIGITS)} + digits.indexOf(digit), 0);
let text = "";
for (const [, plain, length, far] of packed.textContent.matchAll(/([^{MARK}]+)|{MARK}(.)(...)/g)) {{
text += plain ?? text.slice(text.length - number(far)).slice(0, number(length) + {LEAST});
}}
packed.textContent = text;
}}"""  # the script that packed() needs, run when the element "story" is there


def packed(text: str) -> str:
    """text with references, each to what stands so far before it, for what is longer and was there already.

    Raises ValueError for a text that holds the mark, or a character that JavaScript counts as two.

    >>> packed("out = g * out * (1 - out), and g * out * (1 - out)")
    'out = g * out * (1 - out), and~oaaz'
    """
    if MARK in text or any(c > "\uffff" for c in text):
        raise ValueError(f"packed: the text must hold no {MARK} and nothing beyond U+FFFF; escape them: {text!r:.60}")
    parts: list[str] = []
    last: dict[str, int] = {}  # {so many characters: where they stood last}
    i = 0
    while i < len(text):
        length = _length(text, last.get(text[i : i + LEAST]), i)
        parts.append(_reference(length, i - last[text[i : i + LEAST]]) if length else text[i])
        for k in range(i, i + max(length, 1)):
            last[text[k : k + LEAST]] = k
        i += max(length, 1)
    return "".join(parts)


def _length(text, before, i):
    """How many characters from i on are those from before on; 0 if they are too few or too far away."""
    if before is None or i - before > FARTHEST:
        return 0
    longest = min(LEAST + len(DIGITS) - 1, i - before, len(text) - i)
    length = next((n for n in range(longest) if text[before + n] != text[i + n]), longest)
    return length if length >= LEAST else 0


def _reference(length, far):
    high, low = divmod(far, len(DIGITS))
    return MARK + DIGITS[length - LEAST] + "".join(DIGITS[n] for n in (*divmod(high, len(DIGITS)), low))
