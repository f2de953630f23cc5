"""LlamaIndex: `LiterLlmChat`, a FunctionCallingLLM, and `LiterLlmEmbedding`.

Needs `llama-index-core`. A message that a provider wants back unchanged, such as one with thinking
signatures, is kept in `additional_kwargs`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.llms.types import (
    AudioBlock,
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    DocumentBlock,
    ImageBlock,
    LLMMetadata,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.llms.llm import ToolSelection

from liter_llm import End, Event, LiterLlm, Reasoning, Response, Stream, Text

from ._kept import MESSAGE, kept

if TYPE_CHECKING:
    from llama_index.core.tools import BaseTool

_ROLES = {"model": "assistant", "chatbot": "assistant", "function": "tool"}


class LiterLlmChat(FunctionCallingLLM):
    """A chat model of any provider: `LiterLlmChat(model="anthropic/claude-sonnet-4-5")`.

    client_options: those of LiterLlm, such as `api_key` or `base_url`; a LiterLlm given as `client`
    is used as it is. fields: of each request, such as `max_tokens`; so are keywords of a call.
    context_window, max_output: what LlamaIndex cuts its prompts by. Errors are liter_llm's own."""

    model: str = Field(description="The model, as provider/model")
    fields: dict[str, Any] = Field(default_factory=dict)
    client_options: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    context_window: int = Field(default=128_000)
    max_output: int = Field(default=4_096)

    _llm: LiterLlm = PrivateAttr()

    def __init__(self, model: str, *, client: Optional[LiterLlm] = None, **fields: Any) -> None:
        super().__init__(model=model, **fields)
        self._llm = client or LiterLlm(**self.client_options)

    @classmethod
    def class_name(cls) -> str:
        return "LiterLlmChat"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self.context_window,
            num_output=self.fields.get("max_tokens", self.max_output),
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=self.model,
        )

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return _chat_response(self._invoke(messages, kwargs).complete())

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return _chat_response(await self._invoke(messages, kwargs))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        stream = self._invoke(messages, kwargs)

        def responses() -> ChatResponseGen:
            with stream:
                for event in stream.events():
                    if _is_shown(event):
                        yield _chat_response(stream.response, _delta(event))

        return responses()

    @llm_chat_callback()
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        stream = self._invoke(messages, kwargs)

        async def responses() -> ChatResponseAsyncGen:
            async with stream:
                async for event in stream.events():
                    if _is_shown(event):
                        yield _chat_response(stream.response, _delta(event))

        return responses()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return _completion(self._invoke(_question(prompt), kwargs).complete())

    @llm_completion_callback()
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        return _completion(await self._invoke(_question(prompt), kwargs))

    @llm_completion_callback()
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        stream = self._invoke(_question(prompt), kwargs)

        def responses() -> CompletionResponseGen:
            with stream:
                for event in stream.events():
                    if _is_shown(event):
                        yield _completion(stream.response, _delta(event))

        return responses()

    @llm_completion_callback()
    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        stream = self._invoke(_question(prompt), kwargs)

        async def responses() -> CompletionResponseAsyncGen:
            async with stream:
                async for event in stream.events():
                    if _is_shown(event):
                        yield _completion(stream.response, _delta(event))

        return responses()

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Raises ValueError for arguments that are no JSON object, and where there is no call."""
        blocks = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
        if not blocks and error_on_no_tool_call:
            raise ValueError("the response has no tool call")
        return [
            ToolSelection(
                tool_id=block.tool_call_id or "",
                tool_name=block.tool_name,
                tool_kwargs=_arguments(block),
            )
            for block in blocks
        ]

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: Union[str, ChatMessage, None] = None,
        chat_history: Optional[list[ChatMessage]] = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        messages = list(chat_history or ())
        if isinstance(user_msg, str):
            messages.append(ChatMessage(role=MessageRole.USER, content=user_msg))
        elif user_msg is not None:
            messages.append(user_msg)
        prepared: dict[str, Any] = {"messages": messages, **kwargs}
        if tools:
            prepared["tools"] = [
                tool.metadata.to_openai_tool(skip_length_check=True) for tool in tools
            ]
            if tool_required:
                prepared["tool_choice"] = "required"
        return prepared

    def _invoke(self, messages: Sequence[ChatMessage], given: dict[str, Any]) -> Stream:
        fields = {**self.fields, **given, "messages": [_message(message) for message in messages]}
        request: Any = {"model": self.model, **fields}
        return self._llm.invoke(request)


class LiterLlmEmbedding(BaseEmbedding):
    """Embeddings of any provider: `LiterLlmEmbedding(model_name="cohere/embed-v4.0")`.

    client_options, client: as of LiterLlmChat. fields: of the request of embed(), such as
    `dimensions`. input_types: whether queries and texts are told apart by `input_type`, which not
    every provider takes."""

    fields: dict[str, Any] = Field(default_factory=dict)
    client_options: dict[str, Any] = Field(default_factory=dict, exclude=True, repr=False)
    input_types: bool = False

    _llm: LiterLlm = PrivateAttr()

    def __init__(
        self, model_name: str, *, client: Optional[LiterLlm] = None, **fields: Any
    ) -> None:
        super().__init__(model_name=model_name, **fields)
        self._llm = client or LiterLlm(**self.client_options)

    @classmethod
    def class_name(cls) -> str:
        return "LiterLlmEmbedding"

    def _get_query_embedding(self, query: str) -> list[float]:
        return _lists(self._llm.embed(self._request([query], "query")).complete())[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return _lists(await self._llm.embed(self._request([query], "query")))[0]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return (await self._aget_text_embeddings([text]))[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _lists(self._llm.embed(self._request(texts, "document")).complete())

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return _lists(await self._llm.embed(self._request(texts, "document")))

    def _request(self, texts: list[str], kind: str) -> Any:
        types = {"input_type": kind} if self.input_types else {}
        return {"model": self.model_name, **self.fields, **types, "input": texts}


def _lists(reply: Any) -> list[list[float]]:
    return [list(vector) for vector in reply.vectors]


def _question(prompt: str) -> list[ChatMessage]:
    return [ChatMessage(role=MessageRole.USER, content=prompt)]


def _is_shown(event: Event) -> bool:
    """Whether a reader of a stream is given what there is now."""
    return isinstance(event, (Text, Reasoning, End))


def _delta(event: Event) -> str:
    return event.text if isinstance(event, Text) else ""


def _chat_response(response: Response, delta: Optional[str] = None) -> ChatResponse:
    blocks: list[Any] = []
    if response.reasoning:
        blocks.append(ThinkingBlock(content=response.reasoning))
    if response.text:
        blocks.append(TextBlock(text=response.text))
    blocks += [
        ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=call.arguments)
        for call in response.tool_calls
    ]
    more = kept(response)
    message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=more)
    counts = _counts(response)
    return ChatResponse(message=message, delta=delta, raw=response, additional_kwargs=counts)


def _completion(response: Response, delta: Optional[str] = None) -> CompletionResponse:
    return CompletionResponse(
        text=response.text, delta=delta, raw=response, additional_kwargs=_counts(response)
    )


def _counts(response: Response) -> dict[str, Any]:
    """Under the names that LlamaIndex' token counter reads."""
    usage = response.usage
    if usage is None:
        return {}
    counts = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
    }
    return {name: count for name, count in counts.items() if count is not None}


def _arguments(block: ToolCallBlock) -> dict[str, Any]:
    if isinstance(block.tool_kwargs, dict):
        return block.tool_kwargs
    arguments = json.loads(block.tool_kwargs or "{}")
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments of {block.tool_name} are no object")
    return arguments


def _message(message: ChatMessage) -> dict[str, Any]:
    """As the provider sent it, where it was kept."""
    sent = message.additional_kwargs.get(MESSAGE)
    if sent is not None:
        return dict(sent)
    role = message.role.value
    parts = [_part(block) for block in message.blocks if not _is_apart(block)]
    only_text = all(part["type"] == "text" for part in parts)
    text = "".join(part["text"] for part in parts) if only_text else ""
    plain: dict[str, Any] = {
        "role": _ROLES.get(role, role),
        "content": text if only_text else parts,
    }
    calls = [_call(block) for block in message.blocks if isinstance(block, ToolCallBlock)]
    if calls:
        plain["tool_calls"] = calls
        plain["content"] = plain["content"] or None
    if "tool_call_id" in message.additional_kwargs:
        plain["tool_call_id"] = message.additional_kwargs["tool_call_id"]
    return plain


def _is_apart(block: Any) -> bool:
    """Thinking is sent back only as the provider made it, and calls have their own field."""
    return isinstance(block, (ThinkingBlock, ToolCallBlock))


def _part(block: Any) -> dict[str, Any]:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    if isinstance(block, ImageBlock):
        if block.url:
            url = str(block.url)
        else:
            url = _data_url(block.resolve_image(), block.image_mimetype or "image/jpeg")
        detail = {"detail": block.detail} if block.detail else {}
        return {"type": "image_url", "image_url": {"url": url, **detail}}
    if isinstance(block, DocumentBlock):
        url = _data_url(block.resolve_document(), block.document_mimetype or "application/pdf")
        return {"type": "file", "file": {"filename": block.title or "document", "file_data": url}}
    if isinstance(block, AudioBlock):
        data = base64.b64encode(block.resolve_audio().read()).decode()
        return {
            "type": "input_audio",
            "input_audio": {"data": data, "format": block.format or "mp3"},
        }
    raise ValueError(f"a message cannot have a {type(block).__name__}")


def _data_url(data: Any, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data.read()).decode()}"


def _call(block: ToolCallBlock) -> dict[str, Any]:
    arguments = block.tool_kwargs
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": block.tool_name, "arguments": text}
    return {"id": block.tool_call_id or "", "type": "function", "function": function}
