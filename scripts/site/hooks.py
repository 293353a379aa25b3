"""What the site has beside the pages: settings from the code. Links that leave the pages become text."""

from __future__ import annotations

import re
from typing import Any

from mkdocs.structure.files import File

SETTINGS = "reference/settings.md"
LINK = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)([^)]+)\)")
HEAD = """# Settings

Every setting of a run, with its default of the preset `tiny`; `--set NAME=VALUE` changes it, and
`harness config show NAME` prints those of another preset. Settings of networks, methods and data
sets, which differ from one to the next, are named by `harness list backbones --json`,
`harness list methods --json` and `harness list datasets --json`.

| setting | default | kind |
|---|---|---|
"""


def on_files(files: Any, config: Any) -> Any:
    files.append(File.generated(config, SETTINGS, content=HEAD + "\n".join(_rows()) + "\n"))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """A link that leaves the pages, to a file of the repository, is text: the site may be read anywhere."""
    depth = page.file.src_uri.count("/")

    def plain(found: re.Match[str]) -> str:
        leaves = found[2].count("../") > depth
        return f"{found[1]} (`{found[3]}` in the repository)" if leaves else found[0]

    return LINK.sub(plain, markdown)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """click says so of an option without a default."""
    return html.replace("<code>Sentinel.UNSET</code>", "")


def _rows() -> list[str]:
    from harness.config.difference import as_yaml, flatten
    from harness.config.resolve import resolve
    from harness.config.typed.validation_messages import setting_names

    values, kinds, names = flatten(resolve("tiny", {}, []).plain()), _kinds(), set(setting_names())
    ordered = [name for name in kinds if name in names and not name.endswith(".settings")]
    return [f"| `{name}` | {_shown(values, name, as_yaml)} | {kinds[name]} |" for name in ordered]


def _shown(values: dict[str, Any], name: str, as_yaml: Any) -> str:
    return f"`{as_yaml(values[name])}`".replace("|", "\\|") if name in values else ""


def _kinds() -> dict[str, str]:
    """{full name: its type in words}, from the schema."""
    from harness.config.schema import Config

    found: dict[str, str] = {}

    def walk(model: Any, before: str) -> None:
        for name, info in model.model_fields.items():
            full = f"{before}{info.alias or name}"
            if hasattr(info.annotation, "model_fields"):
                walk(info.annotation, f"{full}.")
            else:
                text = re.sub(r"typing\.|<class '(\w+)'>", r"\1", str(info.annotation))
                found[full] = f"`{text}`".replace("|", "\\|") if "Annotated" not in text else "number"

    walk(Config, "")
    return found
