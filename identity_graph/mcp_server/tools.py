"""A tool of the server: its schema in few words, and errors that say what to do next and repeat nothing."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import ValidationError

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


# Of a failure, the innermost calls.
FRAMES = 4


class GraphTool(Tool):
    """A tool whose errors are sentences."""

    async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
        """Run the tool.

        Raises:
            ToolError: what the asker can mend, in words; or that the tool failed, without a reason.

        """
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError as error:
            # Where it failed, without its message, which may hold what was asked: clients keep what comes on stderr.
            cause = error.__cause__ or error
            place = "".join(traceback.format_tb(cause.__traceback__)[-FRAMES:])
            print(f"{self.name} failed with {type(cause).__name__}\n{place}", file=sys.stderr)
            raise ToolError(
                f"{self.name} failed. The server's log says where; ask another way, or report it."
            ) from None
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(f"{self.name}: {wrong_arguments(error.__cause__)}") from None
            raise ToolError(str(error.__cause__ or error)) from None


def make_tool(function: Callable[..., Any]) -> GraphTool:
    """A tool of a function, which takes the arguments that it names and no others."""
    tool = GraphTool.from_function(
        function, description=inspect.cleandoc(function.__doc__ or ""), annotations=READ_ONLY
    )
    model = tool.fn_metadata.arg_model
    model.model_config.update(extra="forbid", hide_input_in_errors=True)
    model.model_rebuild(force=True)
    schema = without_titles(model.model_json_schema(by_alias=True))
    # What the function is called stands in the tool's name already.
    return tool.model_copy(update={"parameters": schema})


def without_titles(schema: Any) -> Any:
    """A JSON schema without the titles and empty alternatives that pydantic adds, which cost a model's attention."""
    if isinstance(schema, list):
        return [without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: {name: without_titles(item) for name, item in value.items()}
        if key in ("properties", "$defs")
        else without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
    kinds = found.get("anyOf")
    if kinds and len(kinds) == 2 and {"type": "null"} in kinds and found.get("default", 0) is None:
        (kind,) = (kind for kind in kinds if kind != {"type": "null"})
        found = {key: value for key, value in found.items() if key not in ("anyOf", "default")} | kind
    return found


def wrong_arguments(error: ValidationError) -> str:
    """What is wrong with arguments, without what was given."""
    problems = [
        f"{'.'.join(str(place) for place in problem['loc']) or 'arguments'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return "; ".join(dict.fromkeys(problems)) + ". Mend it and ask again."
