"""What all parts of a record have in common. No torch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Nothing may be in a file that is not in its schema; files say `global` where a field is `glob`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)
