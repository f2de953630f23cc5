"""Writes what this package takes from the core's own lists, core/schema/schema.json:

- src/liter_llm/_types_generated.py: the options and the fields of a request, with a docstring each
- src/liter_llm/_operation_types_generated.py: the same of the requests of other operations
- src/liter_llm/_constants_generated.py: defaults and names that the code needs
- src/liter_llm/cli/providers.json: the table of providers
- the docstrings of _errors.py, _events.py and _replies.py: the first paragraph of each class and
  field that the core has too; a second paragraph may say what is special in Python

    python generate_types.py [--check]

--check writes nothing and fails when a file is not as it would be written.
"""

from __future__ import annotations

import ast
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent.parent / "core/schema/schema.json"
PACKAGE = HERE / "src/liter_llm"
WIDTH = 100
NOTE = "# Written by generate_types.py from core/schema/schema.json; do not edit.\n"
Entry = dict[str, Any]
Schema = dict[str, list[Entry]]

TYPES = {
    "any": "Any",
    "text": "str",
    "key": "ApiKey",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "bytes": "int",
    "milliseconds": "int",
    "headers": "Mapping[str, str]",
    "object": "Mapping[str, Any]",
    "list of text": "Sequence[str]",
    "list of models or objects": "Sequence[Union[str, Mapping[str, Any]]]",
}
# Where Python says more than the schema.
REQUEST_TYPES = {
    "stop": "Union[str, Sequence[str]]",
    "tools": "Sequence[AnyTool]",
    "tool_choice": "ToolChoice",
    "response_format": "ResponseFormat",
    "metadata": "Mapping[str, str]",
    "input": "Union[str, Sequence[Any]]",
    "requests": "Sequence[Mapping[str, Any]]",
    "documents": "Sequence[Union[str, Mapping[str, Any]]]",
}
WRITTEN_BY_HAND = ("model", "messages")
OF_A_CHAT = ("chat", "count_tokens")  # operations whose request is that of a chat
WITHOUT_REQUEST = ("stats",)  # and those that are asked without one
# The option that is this package's own: it is not sent to the core.
COLLECT: Entry = {
    "name": "collect",
    "type": "boolean",
    "default": True,
    "description": "Keep what was received, for `response` and `error.partial`; False keeps only"
    " how the response began and ended.",
}


def main(arguments: list[str]) -> int:
    """Writes or checks; the exit code."""
    stale = {path: text for path, text in rendered().items() if read(path) != text}
    for path, text in stale.items():
        name = path.relative_to(HERE)
        if "--check" in arguments:
            print(f"{name}: not as in core/schema/schema.json; run python generate_types.py")
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{name}: written")
    return 1 if stale and "--check" in arguments else 0


def rendered() -> dict[Path, str]:
    """Every file that depends on the schema, as it has to be."""
    schema: Schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {
        PACKAGE / "_types_generated.py": render_types(schema),
        PACKAGE / "_operation_types_generated.py": render_operation_types(schema),
        PACKAGE / "_constants_generated.py": render_constants(schema),
        PACKAGE / "cli/providers.json": render_providers(schema),
        PACKAGE / "_errors.py": with_docs(PACKAGE / "_errors.py", docs_of_errors(schema)),
        PACKAGE / "_events.py": with_docs(PACKAGE / "_events.py", docs_of_events(schema)),
        PACKAGE / "_replies.py": with_docs(PACKAGE / "_replies.py", docs_of_replies(schema)),
    }


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


# ---- the generated files


def render_types(schema: Schema) -> str:
    provider = "provider"  # the first argument of LiterLlm, and no keyword of its options
    options = [entry for entry in schema["client_options"] if entry["name"] != provider]
    fields = [entry for entry in schema["request_fields"] if entry["name"] not in WRITTEN_BY_HAND]
    levels = ", ".join(f'"{level["name"]}"' for level in schema["log_levels"])
    types = {**TYPES, "log level": f"Literal[{levels}]"}
    parts = [
        NOTE + '"""The options of a LiterLlm and of one call, and the fields of a request."""\n',
        "from collections.abc import Mapping, Sequence\nfrom typing import Any, Literal, Union\n",
        "from ._api_key import ApiKey\n"
        "from ._message_types import AnyTool, ResponseFormat, ToolChoice\n"
        "from ._typed_dict import TypedDict\n",
        render_class(
            "Options", "Options of a LiterLlm. All are optional.", [*options, COLLECT], types
        ),
        render_class(
            "CallOptions",
            "Options of one call, given in the request or as keywords of invoke(). Where one is not"
            " given, that of the LiterLlm applies.",
            [*schema["call_options"], {**COLLECT, "default": None}],
            types,
        ),
        render_class(
            "RequestFields",
            "Fields of a request. What is not set is not sent.",
            fields,
            {**types, **REQUEST_TYPES},
        ),
    ]
    return joined(parts)


def render_operation_types(schema: Schema) -> str:
    parts = [
        NOTE + '"""The requests of the operations beside chat."""\n',
        "from collections.abc import Mapping, Sequence\nfrom typing import Any, Union\n",
        "from ._typed_dict import TypedDict\nfrom ._types_generated import CallOptions\n",
        *render_operations(schema, {**TYPES, **REQUEST_TYPES}),
    ]
    return joined(parts)


def joined(parts: list[str]) -> str:
    """A heading, two groups of imports, and classes."""
    return "\n".join(parts[:3]) + "".join(f"\n\n{part}" for part in parts[3:])


def render_operations(schema: Schema, types: dict[str, str]) -> list[str]:
    """The requests of all operations that have one of their own. What is required is in a class of
    its own, as Python 3.9 has no other way."""
    parts: list[str] = []
    for operation in schema["operations"]:
        name, fields = operation["name"], operation["fields"]
        if name in OF_A_CHAT + WITHOUT_REQUEST:
            continue
        camel, about = name.capitalize(), operation["description"]
        doc = f"A request of {name}(): {about[0].lower()}{about[1:]}"
        required = [entry for entry in fields if entry["required"]]
        if required:
            doc_of_required = f"What a request of {name}() must have."
            bases = "TypedDict"
            parts.append(render_class(f"_{camel}", doc_of_required, required, types, bases))
        others = [entry for entry in fields if not entry["required"]]
        bases = f"_{camel}, CallOptions, total=False" if required else "CallOptions, total=False"
        parts.append(render_class(f"{camel}Request", doc, others, types, bases))
    return parts


def render_class(
    name: str,
    doc: str,
    entries: list[Entry],
    types: dict[str, str],
    bases: str = "TypedDict, total=False",
) -> str:
    lines = [f"class {name}({bases}):", *docstring(doc)]
    for entry in entries:
        lines += ["", f"    {entry['name']}: {types.get(entry['name'], types.get(entry['type']))}"]
        lines += docstring(entry["description"] + said_default(entry))
    return "\n".join(lines) + "\n"


def said_default(entry: Entry) -> str:
    """The default of an option as a sentence; nothing where there is none."""
    value = entry.get("default")
    if value is None:
        return ""
    return f" Default: {value:_}." if type(value) is int else f" Default: {value!r}."


def render_constants(schema: Schema) -> str:
    defaults = {entry["name"]: entry.get("default") for entry in schema["client_options"]}
    carried = [e["name"] for e in schema["error_fields"] if e["name"] not in ("kind", "message")]
    names = "".join(f'    "{name}",\n' for name in carried if name != "number")
    of_call = {"collect": None, **{e["name"]: None for e in schema["call_options"]}}
    others = [e["name"] for e in schema["request_fields"] + schema["client_options"]]
    options = "".join(f'    "{name}",\n' for name in of_call)
    fields = "".join(f'        "{name}",\n' for name in others if name not in of_call)
    return (
        f'{NOTE}"""Defaults and names of the core that the code needs."""\n\n'
        f"STREAM_WINDOW_BYTES = {defaults['stream_window_bytes']:_}\n"
        f"ERROR_DETAILS = (\n{names})\n"
        '"""What an error carries beside its kind and message."""\n\n'
        f"CALL_OPTIONS = (\n{options})\n"
        f"CALL_NAMES = frozenset(\n    (\n        *CALL_OPTIONS,\n{fields}    )\n)\n"
        '"""What a call may be given by keyword; the core refuses options of a client."""\n\n'
        f"OPERATION_FIELDS = {{\n{operation_fields(schema)}}}\n"
        '"""The operations beside chat, with the fields of their requests that a chat has not."""\n'
    )


def render_providers(schema: Schema) -> str:
    """A provider a line, so that a change of one is seen as one."""
    rows = ",\n".join(json.dumps(provider) for provider in schema["providers"])
    note = "Written by generate_types.py from core/schema/schema.json; do not edit."
    return f'{{"about": "{note}",\n"providers": [\n{rows}\n]}}\n'


def operation_fields(schema: Schema) -> str:
    lines: list[str] = []
    for operation in schema["operations"]:
        if operation["name"] == "chat":
            continue
        fields = [f'        "{entry["name"]}",\n' for entry in operation["fields"]]
        value = ["(\n", *fields, "    )"] if fields else ["()"]
        lines += [f'    "{operation["name"]}": ', *value, ",\n"]
    return "".join(lines)


def docstring(text: str) -> list[str]:
    """A docstring at the indent of a class body."""
    return textwrap.wrap(f'"""{text}"""', WIDTH, initial_indent="    ", subsequent_indent="    ")


# ---- docstrings in files that are written by hand

Docs = dict[tuple[str, str], str]  # by class and field; the field of a class itself is ""


def docs_of_errors(schema: Schema) -> Docs:
    fields = {("LlmError", entry["name"]): entry["description"] for entry in schema["error_fields"]}
    kinds = {(class_name(e["name"]), ""): e["description"] for e in schema["error_kinds"]}
    return {**fields, **kinds}


def class_name(kind: str) -> str:
    """RATE_LIMITED is RateLimitedError; PermissionError is a builtin one."""
    camel = "".join(word.capitalize() for word in kind.split("_"))
    return "PermissionDeniedError" if kind == "PERMISSION" else f"{camel}Error"


def docs_of_events(schema: Schema) -> Docs:
    lists = {
        "Start": ("start_fields",),
        "End": ("receipt_fields", "timing_fields"),
        "Response": ("receipt_fields", "timing_fields", "start_fields"),
        "ToolDelta": ("tool_delta_fields",),
        "ToolCall": ("tool_call_fields",),
        "Usage": ("usage_fields",),
        "Tried": ("tried_fields",),
    }
    docs = docs_of_lists(schema, lists)
    kinds = {entry["name"]: entry["description"] for entry in schema["event_kinds"]}
    for kind, owner in (("TOOL_DELTA", "ToolDelta"), ("TOOL_CALL", "ToolCall")):
        docs[owner, ""] = kinds[kind]
    # These two say something else in Python: warnings of both ends, and an outcome before the end.
    return {key: text for key, text in docs.items() if key not in SAID_OTHERWISE}


def docs_of_replies(schema: Schema) -> Docs:
    return docs_of_lists(
        schema,
        {
            "Reply": ("receipt_fields", "timing_fields", "start_fields"),
            "EmbedResponse": ("receipt_fields",),
            "RerankResult": ("rerank_result_fields",),
            "Model": ("model_fields",),
            "TokenCount": ("input_tokens_fields",),
        },
    )


def docs_of_lists(schema: Schema, lists: dict[str, tuple[str, ...]]) -> Docs:
    """Those of the fields of classes, where the schema has a list of them."""
    return {
        (owner, entry["name"]): entry["description"]
        for owner, names in lists.items()
        for name in names
        for entry in schema[name]
    }


SAID_OTHERWISE = {("Response", "warnings"), ("Response", "outcome")}


def with_docs(path: Path, docs: Docs) -> str:
    """The file with the first paragraph of each docstring as the schema has it."""
    text = read(path)
    lines = text.split("\n")
    for first, last, wanted in reversed(list(places(ast.parse(text), docs))):
        lines[first - 1 : last] = wanted
    return "\n".join(lines)


def places(tree: ast.Module, docs: Docs) -> list[tuple[int, int, list[str]]]:
    """Line numbers and new lines of docstrings; an empty span is a docstring that is missing."""
    found: list[tuple[int, int, list[str]]] = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        before = ""
        anchor = node.lineno
        for statement in node.body:
            is_doc = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            if not is_doc:
                found += missing(docs, node.name, before, anchor)
                target = statement.target if isinstance(statement, ast.AnnAssign) else None
                before = target.id if isinstance(target, ast.Name) else "-"
                anchor = statement.end_lineno or 0
            elif (node.name, before) in docs:
                old = str(ast.literal_eval(statement.value))  # type: ignore[attr-defined]
                more = old.split("\n\n", 1)[1:]
                first = docs[node.name, before]
                found.append((statement.lineno, statement.end_lineno or 0, whole(first, more)))
                before = "-"
            else:
                before = "-"
        found += missing(docs, node.name, before, anchor)
    return found


def missing(docs: Docs, owner: str, field: str, anchor: int) -> list[tuple[int, int, list[str]]]:
    """The docstring of a field that has none, behind its line."""
    if not field or (owner, field) not in docs:
        return []
    return [(anchor + 1, anchor, docstring(docs[owner, field]))]


def whole(first: str, more: list[str]) -> list[str]:
    """A docstring of one paragraph, or of more, which stay as they are."""
    if not more:
        return docstring(first)
    opening = textwrap.wrap(f'"""{first}', WIDTH, initial_indent="    ", subsequent_indent="    ")
    rest = more[0].rstrip()
    return [*opening, "", *f'    {rest.strip()}"""'.split("\n")]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
