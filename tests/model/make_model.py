"""Writes a tiny GGUF model that llama.cpp's own server can load and stream from.

No training and no download. The weights are set so that the model is a bigram machine: each token
of the story predicts the token after it, any other token predicts the first token of the story, and
the last one predicts end-of-text. At any low temperature the server therefore streams the same
sentence, token by token, through its real tokenizer, sampler, HTTP stack and SSE framing.

    python make_model.py tiny.gguf
"""

from __future__ import annotations

import argparse
import re

import gguf
import numpy as np
import numpy.typing as npt

STORY = (
    "Each value in Rust has one owner at a time. When the owner goes out of scope, Rust drops the "
    "value. Borrow it with & and nobody has to copy: many readers or a single writer, never both. "
    "☕ Fertig — 完了."
)
TEMPLATE = """\
{%- if tools %}<|im_start|>system
You may call functions. Their signatures are within <tools></tools>:
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools>
Answer with <tool_call>
{"name": ..., "arguments": ...}
</tool_call><|im_end|>
{% endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{% if message.content %}{{ message.content }}{% endif %}
{%- if message.tool_calls %}{% for call in message.tool_calls %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}{% endif %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

# One block; powers of two keep the kernels happy.
EMBEDDING, HEADS, FEED_FORWARD, CONTEXT = 256, 4, 32, 8192
# This axis of every embedding is the same number: it stands in for the output bias llama lacks.
CONSTANT = 0
# Three specials and 256 bytes come before the story.
STORY_BEGINS = 3 + 256
UNKNOWN, BEGIN, END = 0, 1, 2


def story_pieces(text: str) -> list[str]:
    """One piece per word, blanks included. A word met again is glued to the next one."""
    pieces: list[str] = []
    piece = ""
    for part in re.findall(r"\s*\S+", text):
        piece += part.replace(" ", "▁")
        if piece not in pieces:
            pieces.append(piece)
            piece = ""
    if piece:
        pieces[-1] += piece
    return pieces


def embeddings(
    count: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Input rows are random; an output row points where its predecessor's input row points."""
    rows = random.standard_normal((count, EMBEDDING)).astype(np.float32)
    rows[:, CONSTANT] = 0
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[:, CONSTANT] = 1

    output = np.zeros_like(rows)
    output[:, CONSTANT] = -8  # by default nothing is likely
    for token in range(STORY_BEGINS, count):
        successor = token + 1 if token + 1 < count else END
        output[successor] = 2 * rows[token]
        output[successor, CONSTANT] = 0
    output[STORY_BEGINS] = 0
    output[STORY_BEGINS, CONSTANT] = 0.8  # wins whenever the current token is not of the story
    return rows, output


def add_vocabulary(model: gguf.GGUFWriter, pieces: list[str]) -> int:
    """Specials, the 256 bytes (so any prompt can be read), the story; how many there are."""
    kinds = gguf.TokenType
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + pieces
    model.add_tokenizer_model("llama")
    model.add_token_list(tokens)
    model.add_token_scores([0.0] * STORY_BEGINS + [-float(n + 1) for n in range(len(pieces))])
    model.add_token_types(
        [kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL]
        + [kinds.BYTE] * 256
        + [kinds.NORMAL] * len(pieces)
    )
    model.add_unk_token_id(UNKNOWN)
    model.add_bos_token_id(BEGIN)
    model.add_eos_token_id(END)
    model.add_add_bos_token(True)
    model.add_add_space_prefix(False)
    model.add_chat_template(TEMPLATE)
    return len(tokens)


def add_shape(model: gguf.GGUFWriter) -> None:
    """The hyper-parameters of one small llama block."""
    model.add_name("liter-llm-tiny")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(EMBEDDING)
    model.add_block_count(1)
    model.add_feed_forward_length(FEED_FORWARD)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(EMBEDDING // HEADS)
    model.add_file_type(gguf.LlamaFileType.ALL_F32)


def add_tensors(model: gguf.GGUFWriter, tokens: int) -> None:
    """Embeddings that hold the story, and a block that adds nothing to them."""
    random = np.random.default_rng(7)
    rows, output = embeddings(tokens, random)
    ones: npt.NDArray[np.float32] = np.ones(EMBEDDING, dtype=np.float32)
    square = random.standard_normal((EMBEDDING, EMBEDDING)).astype(np.float32) / EMBEDDING
    wide: npt.NDArray[np.float32] = np.zeros((FEED_FORWARD, EMBEDDING), dtype=np.float32)
    model.add_tensor("token_embd.weight", rows)
    model.add_tensor("output_norm.weight", ones)
    model.add_tensor("output.weight", output)
    model.add_tensor("blk.0.attn_norm.weight", ones)
    model.add_tensor("blk.0.attn_q.weight", square)
    model.add_tensor("blk.0.attn_k.weight", square)
    model.add_tensor("blk.0.attn_v.weight", square)
    model.add_tensor("blk.0.attn_output.weight", np.zeros_like(square))
    model.add_tensor("blk.0.ffn_norm.weight", ones)
    model.add_tensor("blk.0.ffn_gate.weight", wide)
    model.add_tensor("blk.0.ffn_up.weight", wide)
    model.add_tensor("blk.0.ffn_down.weight", wide.T.copy())


def write_model(path: str, story: str) -> None:
    """Writes the whole file."""
    model = gguf.GGUFWriter(path, "llama")
    add_shape(model)
    tokens = add_vocabulary(model, story_pieces(story))
    add_tensors(model, tokens)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the tiny model.")
    parser.add_argument("path")
    parser.add_argument("--story", default=STORY)
    arguments = parser.parse_args()
    write_model(arguments.path, arguments.story)
