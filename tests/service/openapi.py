"""A checker for the part of JSON Schema that Twilio's published description uses; says everything that deviates."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

PLACE = Path(os.environ.get("CERBY_OPENAPI", Path(__file__).parents[3] / "shared" / "data" / "openapi"))
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Description:
    """One of the published files."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def deviations(self, method: str, path: str, status: int, content: Any) -> list[str]:
        """What an answer does that the description does not allow; a path that is not described deviates too."""
        for pattern, operations in self._document["paths"].items():
            if _fits(pattern, path):
                answer = operations[method]["responses"].get(str(status))
                if answer is None:
                    return [f"{status} is not described for {pattern}"]
                schema = answer.get("content", {}).get("application/json", {}).get("schema")
                return list(self._check(schema, content, "$")) if schema else []
        return [f"{path} is not described"]

    def _check(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if value is None:
            if not schema.get("nullable", False) and schema:
                yield f"{at} may not be null"
            return
        kind = schema.get("type")
        if kind and (not isinstance(value, TYPES[kind]) or (kind != "boolean" and isinstance(value, bool))):
            yield f"{at} is not of type {kind}"
            return
        yield from self._check_text(schema, value, at)
        for name, part in schema.get("properties", {}).items():
            if name in value:
                yield from self._check(part, value[name], f"{at}.{name}")
        if kind == "object" and "properties" in schema:
            yield from (f"{at}.{name} is not described" for name in value if name not in schema["properties"])
        for i, item in enumerate(value if kind == "array" else ()):
            yield from self._check(schema.get("items", {}), item, f"{at}[{i}]")

    def _check_text(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at} does not match {schema['pattern']}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{at} is none of the known values"
        if schema.get("format") == "date-time-rfc-2822":
            try:
                parsedate_to_datetime(value)
            except ValueError:
                yield f"{at} is no date"


def _fits(pattern: str, path: str) -> bool:
    """Whether a path is one of a pattern such as `/Accounts/{AccountSid}.json`."""
    parts = re.split(r"\{\w+\}", pattern)
    return re.fullmatch("[^/]+".join(map(re.escape, parts)), path) is not None


@cache
def described(name: str) -> Description | None:
    """The description in a file, None where it is not at hand."""
    file = PLACE / name
    return Description(json.loads(file.read_text("utf-8"))) if file.exists() else None
