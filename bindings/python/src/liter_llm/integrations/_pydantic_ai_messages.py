"""What Pydantic AI's messages, tools, settings and responses are as ours, and the other way round.

Of the adapter `pydantic_ai`; no I/O.
"""

from __future__ import annotations

from typing import Any, Optional

from pydantic_ai import exceptions, messages
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models._tool_choice import resolve_tool_choice
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.usage import RequestUsage

from liter_llm import Response, Usage

from ._kept import MESSAGE, kept

FINISH_REASONS: dict[str, messages.FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
    "error": "error",
}
_SETTINGS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "stop_sequences": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logit_bias": "logit_bias",
    "parallel_tool_calls": "parallel_tool_calls",
    "service_tier": "service_tier",
    "extra_headers": "headers",
    "extra_body": "extra_body",
    "max_retries": "retries_max",
}


def to_fields(settings: ModelSettings) -> dict[str, Any]:
    given: dict[str, Any] = dict(settings)
    fields = {_SETTINGS[name]: value for name, value in given.items() if name in _SETTINGS}
    timeout = given.get("timeout")
    if isinstance(timeout, (int, float)):
        fields["total_timeout_ms"] = round(timeout * 1000)
    return {**fields, **given.get("liter_llm_fields", {})}


def to_tools(
    settings: Optional[ModelSettings], parameters: ModelRequestParameters
) -> dict[str, Any]:
    """Tools, which of them to call, and the shape of the response."""
    fields: dict[str, Any] = {}
    tools = parameters.declared_tool_defs
    choice: Any = resolve_tool_choice(settings, parameters)
    if isinstance(choice, tuple):
        choice, names = choice
        tools = {name: tool for name, tool in tools.items() if name in names}
        if choice == "required" and len(tools) == 1:
            choice = {"type": "function", "function": {"name": next(iter(tools))}}
    if tools:
        fields["tools"] = [_tool(tool) for tool in tools.values()]
        if choice != "auto":
            fields["tool_choice"] = choice
    output = parameters.output_object
    if parameters.output_mode == "native" and output is not None:
        schema: dict[str, Any] = {"name": output.name or "output", "schema": output.json_schema}
        if output.description:
            schema["description"] = output.description
        if output.strict is not None:
            schema["strict"] = output.strict
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    return fields


def _tool(tool: ToolDefinition) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "parameters": tool.parameters_json_schema}
    if tool.description:
        function["description"] = tool.description
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def to_messages(request: messages.ModelRequest) -> list[dict[str, Any]]:
    """The messages of a request: results of tools first, and files that they returned last."""
    found: list[dict[str, Any]] = []
    files: list[Any] = []
    for part in request.parts:
        if isinstance(part, messages.SystemPromptPart):
            found.append({"role": "system", "content": part.content})
        elif isinstance(part, messages.UserPromptPart):
            found.append({"role": "user", "content": _content(part.content)})
        elif isinstance(part, messages.ToolReturnPart):
            text, returned = part.model_response_str_and_user_content()
            files += returned
            result = {"role": "tool", "tool_call_id": part.tool_call_id, "content": text}
            failed = {"is_error": True} if part.outcome in ("failed", "retried") else {}
            found.append({**result, **failed})
        else:
            raise exceptions.UserError(f"a {type(part).__name__} cannot be sent by LiterLlmModel")
    if files:
        found.append({"role": "user", "content": _content(files)})
    return found


def _content(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [_part(item) for item in content if not isinstance(item, messages.CachePoint)]


def _part(item: Any) -> dict[str, Any]:
    if isinstance(item, (str, messages.TextContent)):
        return {"type": "text", "text": item if isinstance(item, str) else item.content}
    if isinstance(item, messages.ImageUrl):
        return {"type": "image_url", "image_url": {"url": item.url}}
    if isinstance(item, messages.DocumentUrl):
        return {"type": "file", "file": {"file_url": item.url}}
    if isinstance(item, messages.BinaryContent):
        if item.is_image:
            return {"type": "image_url", "image_url": {"url": item.data_uri}}
        if item.is_audio:
            data = item.data_uri.partition(",")[2]
            return {"type": "input_audio", "input_audio": {"data": data, "format": item.format}}
        file = {"filename": item.identifier, "file_data": item.data_uri}
        return {"type": "file", "file": file}
    raise exceptions.UserError(f"a {type(item).__name__} cannot be sent by LiterLlmModel")


def to_assistant(response: messages.ModelResponse) -> dict[str, Any]:
    """As the provider sent it, where it was kept."""
    sent = (response.provider_details or {}).get(MESSAGE)
    if sent is not None:
        return dict(sent)
    texts = [part.content for part in response.parts if isinstance(part, messages.TextPart)]
    message: dict[str, Any] = {"role": "assistant", "content": "\n\n".join(texts) or None}
    calls = [part for part in response.parts if isinstance(part, messages.ToolCallPart)]
    if calls:
        message["tool_calls"] = [
            {
                "id": call.tool_call_id,
                "type": "function",
                "function": {"name": call.tool_name, "arguments": call.args_as_json_str()},
            }
            for call in calls
        ]
    return message


def from_response(response: Response) -> messages.ModelResponse:
    parts: list[messages.ModelResponsePart] = []
    if response.reasoning:
        parts.append(messages.ThinkingPart(response.reasoning))
    if response.text:
        parts.append(messages.TextPart(response.text))
    parts += [
        messages.ToolCallPart(call.name, call.arguments, call.id) for call in response.tool_calls
    ]
    return messages.ModelResponse(
        parts=parts,
        usage=from_usage(response.usage),
        model_name=response.model,
        provider_name=response.provider,
        provider_response_id=response.id,
        provider_details=details_of(response),
        finish_reason=FINISH_REASONS.get(response.finish_reason or ""),
    )


def details_of(response: Response) -> dict[str, Any]:
    details: dict[str, Any] = {"finish_reason": response.finish_reason_raw}
    if response.request_id is not None:
        details["request_id"] = response.request_id
    if response.refusal is not None:
        details["refusal"] = response.refusal
    citations = [part.data for part in response.parts if part.type == "citation"]
    if citations:
        details["citations"] = citations
    return {**details, **kept(response)}


def from_usage(usage: Optional[Usage]) -> RequestUsage:
    if usage is None:
        return RequestUsage(unmeasured_requests=1)
    details = {} if usage.reasoning_tokens is None else {"reasoning_tokens": usage.reasoning_tokens}
    return RequestUsage(
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cache_read_tokens=usage.cached_input_tokens or 0,
        cache_write_tokens=usage.cache_write_tokens or 0,
        details=details,
    )
