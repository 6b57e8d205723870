"""Kinds of text that questions and answers are made of."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from app.forms import between, prose, text

LONGEST_TEXT: Final = 4_000
MOST_CHOICES: Final = 20
_CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def _as_code(value: str) -> str:
    if not _CODE.fullmatch(value):
        raise ValueError("is made of small letters and digits, with single hyphens between them")
    return value


Code: Any = Annotated[text(60), AfterValidator(_as_code)]
Asked = text(500)
Label = text(200)
Chosen: Any = Annotated[list[text(60)], Field(max_length=MOST_CHOICES)]  # type: ignore[misc]
Written = prose(LONGEST_TEXT)
ScaleEnd = between(0, 100)
Count = between(1, MOST_CHOICES)
Length = between(1, LONGEST_TEXT)
Seconds = between(0, 86_400)
