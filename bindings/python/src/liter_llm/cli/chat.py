"""`liter-llm chat`: a conversation in a terminal, kept in memory as long as it lasts."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from . import conversation, exit_codes, files, options
from .output import Output
from .usage_error import UsageError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from .. import LiterLlm

DESCRIPTION = (
    "A conversation in the terminal. Ctrl-C stops the response and keeps the conversation; Ctrl-D"
    ' leaves. A paste of several lines is one message; so is what stands between two lines of """.'
    " The conversation is kept in memory only."
)
EXAMPLES = (
    "liter-llm chat -m openai/gpt-4o-mini",
    'liter-llm chat -m anthropic/claude-sonnet-4-5 -s "You answer in one sentence" -f contract.pdf',
)
PROMPT, MORE, FENCE = "> ", ". ", '"""'
COMMAND = re.compile(r"/[a-z]+(\s|$)")  # and not a path, which begins a message
HELP = """\
/model [NAME]  show the model, or use another one from here on
/clear         forget the conversation; the system message stays
/exit          leave, as Ctrl-D does
/help          this text"""


def add_arguments(parser: ArgumentParser) -> None:
    conversation.add_arguments(parser)
    conversation.add_sampling(parser)
    parser.add_argument(
        "--reasoning", action="store_true", help="the model's reasoning too, on standard error"
    )
    options.add_connection(parser)
    options.add_tape(parser)
    options.add_verbosity(parser)


def run(arguments: Namespace) -> int:
    output = Output(options.verbosity(arguments))
    if not (sys.stdin and sys.stdin.isatty() and output.to_terminal):
        raise UsageError("chat needs a terminal; without one use liter-llm prompt")
    model = options.name_model(arguments)["model"]
    client, fields = options.given_fields(arguments)
    fields.update(conversation.request_fields(arguments))
    attached = [files.read_part(path) for path in arguments.file]
    use_readline()
    with options.open_client(client, arguments, output) as llm:
        chat = Chat(llm, output, {**fields, "model": model}, arguments.reasoning)
        chat.first = conversation.system_messages(arguments)
        chat.attached = attached
        output.tell(f"{model}; /help lists the commands")
        chat.run()
    return exit_codes.OK


class Chat:
    """The messages so far, and what a line does to them."""

    def __init__(
        self, llm: LiterLlm, output: Output, request: dict[str, Any], reasoning: bool
    ) -> None:
        self.first: list[dict[str, Any]] = []
        self.attached: list[dict[str, Any]] = []
        self._llm = llm
        self._output = output
        self._request = request
        self._reasoning = reasoning
        self._messages: list[dict[str, Any]] = []

    def run(self) -> None:
        """Until /exit or Ctrl-D."""
        while (text := self._read()) is not None:
            if COMMAND.match(text):
                if not self._obey(*text.split(None, 1)):
                    return
            elif text:
                self._ask(text)

    def _read(self) -> str | None:
        """A message or a command; None at the end. Ctrl-C forgets what was typed."""
        try:
            text = input(PROMPT).strip()
            if text.startswith(FENCE):
                lines = [text[len(FENCE) :]]
                while not lines[-1].rstrip().endswith(FENCE):
                    lines.append(input(MORE))
                text = "\n".join(lines).rstrip()[: -len(FENCE)].strip()
            return text
        except KeyboardInterrupt:
            self._output.text("\n")
            return ""
        except EOFError:
            self._output.text("\n")
            return None

    def _obey(self, command: str, argument: str = "") -> bool:
        """Whether the conversation goes on."""
        if command == "/exit":
            return False
        if command == "/clear":
            self._messages.clear()
        elif command == "/model":
            self._request["model"] = argument.strip() or self._request["model"]
            self._output.text(f"{self._request['model']}\n")
        elif command == "/help":
            self._output.text(f"{HELP}\n")
        else:
            self._output.fail(f"no command {command}; /help lists them")
        return True

    def _ask(self, text: str) -> None:
        """One turn. What was received before Ctrl-C stays in the conversation; a message that
        got no response does not."""
        from .._errors import LlmError
        from . import answer

        turn = {"role": "user", "content": self._content(text)}
        messages = [*self.first, *self._messages, turn]
        request: Any = {**self._request, "messages": messages}
        with self._llm.invoke(request) as stream:
            try:
                answer.show_text(stream, self._output, self._reasoning)
                reply: Any = stream.response.message
            except KeyboardInterrupt:
                reply = {"role": "assistant", "content": stream.response.text}
                self._output.fail("stopped")
            except LlmError as error:
                self._output.fail(f"{error.kind}: {error}; the message is not kept")
                return
        if reply.get("content") or len(reply) > 2:
            self._messages += [turn, reply]
            self.attached = []

    def _content(self, text: str) -> Any:
        """Files go with the first message that gets a response."""
        parts = [*self.attached, {"type": "text", "text": text}]
        return parts if self.attached else text


def use_readline() -> None:
    """Lines can be edited, earlier ones come back, and a paste of several lines is one line to
    input(). Some builds of Python have no readline; others have libedit, without such pastes."""
    if sys.platform == "win32":
        return  # its console does all that
    try:
        import readline
    except ImportError:
        return
    if "libedit" not in (readline.__doc__ or ""):
        readline.parse_and_bind("set enable-bracketed-paste on")
