"""Text as people's editors and spreadsheets save it: UTF-8 with or without a mark in front, or UTF-16."""

import codecs


def decode(raw: bytes) -> str:
    """The text of a file, without a byte order mark.

    Parameters
    ----------
    raw : bytes
        UTF-8, or UTF-16 as Windows programs write it.

    Returns
    -------
    str
        The text.

    Raises
    ------
    ValueError
        Where it is neither.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in raw:  # no text in UTF-8 has one, and nearly every character of another has one
        encoding = "utf-16-le" if raw[1::2].count(0) > raw[::2].count(0) else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError("it is neither UTF-8 nor UTF-16; save it as UTF-8, which a spreadsheet calls CSV UTF-8") from None
