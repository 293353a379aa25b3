"""How streams are called in lists, tables and records."""

FRACTIONS = {0.125: "⅛", 0.25: "¼", 0.375: "⅜", 0.5: "½", 0.625: "⅝", 0.75: "¾", 0.875: "⅞"}


def label(backbone: str, width: float) -> str:
    """`r2plus1d50 ×¼`: a narrow network is never shown under the full network's name."""
    if width == 1:
        return backbone
    return f"{backbone} ×{FRACTIONS.get(width, f'{width:g}')}"
