//! From a step and a request to actions. Pure but for the files of replies; owns which headers and
//! framing a good response has.

use bytes::Bytes;

use crate::action::{Action, Actions, Head, Paced, Yes};
use crate::bulk::{Bulk, Decision};
use crate::cuts::{every, pieces, split_at_blanks, Cuts};
use crate::fill::fill;
use crate::keys::complaint;
use crate::operations::{self, Answered, Asked};
use crate::plan::{Answer, AnswerText, Kind, ProviderError, Status, Tokens};
use crate::replies::{body, Reply, ReplyFiles};
use crate::request::Request;
use crate::template::Holes;
use crate::wire::{Part, Wire};

/// A paced plan may be endless; a whole response has at most so many of its tokens.
const WHOLE_TOKENS_MAX: u64 = 1_000_000;
/// Where the end of a stream repeats its text, a paced one repeats at most so many tokens.
const SAID_TOKENS_MAX: usize = 4096;

/// The answer of a row that breaks off is written in pieces of this size.
const ROW_CUT_BYTES: usize = 40;

/// `turn`: how many requests this step has served before.
pub fn script(
    kind: &Kind,
    turn: usize,
    request: &Request,
    wire: &Wire,
    reply_files: &ReplyFiles,
) -> Actions {
    let generated = matches!(kind, Kind::Answer(_) | Kind::Tokens(_));
    if let Some(answered) = generated.then(|| operation(request)).flatten() {
        let mut headers = typed_headers(&wire.whole_content_type, request, wire);
        headers.extend(answered.headers);
        return sized(200, headers, answered.body.into(), &every(0));
    }
    match kind {
        Kind::Answer(answer) if wire.wants_stream(&request.path, &request.body) => {
            answer_stream(answer, request, wire)
        }
        Kind::Answer(answer) => whole(&answer.answer, answer.cut.unwrap_or(0), request, wire),
        Kind::Tokens(tokens) if wire.wants_stream(&request.path, &request.body) => {
            token_stream(tokens, request, wire)
        }
        Kind::Tokens(tokens) => {
            let count = tokens.tokens.min(WHOLE_TOKENS_MAX);
            let answer = AnswerText {
                text: tokens.text.repeat(usize::try_from(count).unwrap_or(0)),
                finish: "stop".into(),
            };
            whole(&answer, 0, request, wire)
        }
        Kind::Status(status) => status_response(status, request, wire),
        Kind::Raw(raw) => raw.raw.clone(),
        Kind::BeforeRequest(before) => before.before_request.clone(),
        Kind::Vector(vector) => replay(
            reply_files.vector(&vector.vector, turn),
            vector.cut,
            request,
            wire,
        ),
        Kind::Recording(recording) => replay(
            reply_files.recording(&recording.recording),
            recording.cut,
            request,
            wire,
        ),
        Kind::Bulk(bulk) => row(bulk, request, wire, reply_files),
    }
}

/// What one row of many gets. A cut and a stalled answer have their first half.
fn row(bulk: &Bulk, request: &Request, wire: &Wire, reply_files: &ReplyFiles) -> Actions {
    let (decision, headers) = bulk.decide(&request.body);
    let answer = |text: String, cut| {
        let finish = "stop".into();
        let answer = AnswerText { text, finish };
        let kind = Kind::Answer(Answer { answer, cut });
        script(&kind, 0, request, wire, reply_files).to_vec()
    };
    let half = |text: String, end: Action| {
        let mut actions = answer(text, Some(ROW_CUT_BYTES));
        actions.truncate(actions.len() / 2);
        actions.push(end);
        actions
    };
    let mut actions = match decision {
        Decision::Limited {
            retry_after_seconds,
        } => {
            let retry_after = ("retry-after".into(), retry_after_seconds.to_string());
            let error = refusal("rate limit reached", "rate_limit_exceeded");
            status_row(429, vec![retry_after], error, request, wire)
        }
        Decision::Status(status) => {
            let error = refusal("the server had an error", "server_error");
            status_row(status, Vec::new(), error, request, wire)
        }
        Decision::Cut(text) => half(text, Action::Reset(Yes)),
        Decision::Stall(text) => half(text, Action::Hang(Yes)),
        Decision::Answer(text) => {
            let mut actions = answer(text, None);
            actions.insert(0, Action::PauseMs(bulk.settings.answer_ms));
            actions
        }
    };
    for action in &mut actions {
        if let Action::Head(head) = action {
            head.headers.extend(headers.iter().cloned());
        }
    }
    actions.into()
}

fn status_row(
    status: u16,
    headers: Vec<(String, String)>,
    error: ProviderError,
    request: &Request,
    wire: &Wire,
) -> Vec<Action> {
    let status = Status {
        status,
        headers,
        body: None,
        body_base64: None,
        error: Some(error),
    };
    status_response(&status, request, wire).to_vec()
}

fn refusal(message: &str, kind: &str) -> ProviderError {
    ProviderError {
        message: message.into(),
        kind: Some(kind.into()),
        code: None,
    }
}

/// The answer of an operation beside chat, whatever text a plan has for it.
fn operation(request: &Request) -> Option<Answered> {
    operations::answer(&Asked {
        method: &request.method,
        path: &request.path,
        headers: &request.headers,
        body: &request.body,
    })
}

fn answer_stream(answer: &Answer, request: &Request, wire: &Wire) -> Actions {
    let tokens = split_at_blanks(&answer.answer.text);
    let mut actions = vec![stream_head(request, wire)];
    let ends = [Action::Done(Yes), Action::ChunkEnd(Yes)];
    if let Some(cut) = answer.cut {
        let text = stream_text(&tokens, &answer.answer.finish, request, wire);
        actions.extend(pieces(text.into(), &every(cut)));
        actions.push(Action::ChunkEnd(Yes));
        return actions.into();
    }
    actions.push(Action::Start(Yes));
    actions.extend(tokens.into_iter().map(|token| Action::Token(token.into())));
    actions.push(Action::Finish(answer.answer.finish.clone()));
    if wire.wants_usage(&request.body) {
        actions.push(Action::Usage(Yes));
    }
    actions.extend(ends);
    actions.into()
}

fn stream_text(tokens: &[&str], finish: &str, request: &Request, wire: &Wire) -> Vec<u8> {
    let mut holes = request.holes.clone();
    let mut text = wire.part(Part::Start, &holes);
    for token in tokens {
        holes.text = (*token).to_owned();
        holes.say(token);
        text.extend(wire.part(Part::Token, &holes));
    }
    holes.output_tokens = tokens.len() as u64;
    text.extend(stream_tail(finish, holes, request, wire));
    text
}

fn stream_tail(finish: &str, mut holes: Holes, request: &Request, wire: &Wire) -> Vec<u8> {
    holes.finish = finish.to_owned();
    let mut text = wire.part(Part::Finish, &holes);
    if wire.wants_usage(&request.body) {
        text.extend(wire.part(Part::Usage, &holes));
    }
    text.extend(wire.part(Part::Done, &holes));
    text
}

/// The end leaves in one piece: at 10,000 streams every write counts.
fn token_stream(tokens: &Tokens, request: &Request, wire: &Wire) -> Actions {
    let mut holes = request.holes.clone();
    holes.output_tokens = tokens.tokens;
    let said = usize::try_from(tokens.tokens).unwrap_or(usize::MAX);
    for _ in 0..said.min(SAID_TOKENS_MAX) {
        holes.say(&tokens.text);
    }
    let tail = stream_tail("stop", holes, request, wire);
    [
        stream_head(request, wire),
        Action::Start(Yes),
        Action::Paced(Paced {
            tokens: tokens.tokens,
            interval_ms: tokens.interval_ms,
            text: tokens.text.clone(),
            timed: tokens.timed,
        }),
        Action::Body(tail.into()),
        Action::ChunkEnd(Yes),
    ]
    .into()
}

fn whole(answer: &AnswerText, cut: usize, request: &Request, wire: &Wire) -> Actions {
    let mut holes = request.holes.clone();
    holes.text.clone_from(&answer.text);
    holes.finish.clone_from(&answer.finish);
    holes.output_tokens = split_at_blanks(&answer.text).len() as u64;
    let headers = typed_headers(&wire.whole_content_type, request, wire);
    sized(200, headers, wire.whole(&holes).into(), &every(cut))
}

fn status_response(status: &Status, request: &Request, wire: &Wire) -> Actions {
    let filled = |text: &str| fill(text, request);
    let mut headers: Vec<_> = status
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), filled(value)))
        .collect();
    let text = match &status.error {
        None => body(
            status.body.as_deref().map(filled),
            status.body_base64.clone(),
        ),
        Some(error) => {
            let mut holes = request.holes.clone();
            holes.message = filled(&error.message);
            holes.kind.clone_from(&error.kind);
            holes.code.clone_from(&error.code);
            holes.status = status.status;
            let own = wire.error_headers(&holes);
            let typed = typed_headers(&wire.whole_content_type, request, wire);
            for (name, value) in typed.into_iter().chain(own) {
                if !has(&headers, &name) {
                    headers.push((name, value));
                }
            }
            wire.error(&holes).into()
        }
    };
    sized(status.status, headers, text, &every(0))
}

/// Own framing, as the recordings need it: chunks for streams, else a length. A file that names its
/// framing, right or wrong, keeps it.
fn replay(
    reply: Result<Reply, String>,
    cut: Option<usize>,
    request: &Request,
    wire: &Wire,
) -> Actions {
    let reply = match reply {
        Ok(reply) => reply,
        Err(message) => return status_response(&complaint(message), request, wire),
    };
    let cuts = match cut {
        Some(cut) => every(cut),
        None => Cuts::At(reply.cuts),
    };
    let Reply {
        status,
        headers,
        body,
        ..
    } = reply;
    if has(&headers, "content-length") || has(&headers, "transfer-encoding") || !is_stream(&headers)
    {
        return sized(status, headers, body, &cuts);
    }
    let head = Head {
        status,
        headers,
        chunked: true,
    };
    let mut actions = vec![Action::Head(head)];
    actions.extend(pieces(body, &cuts));
    actions.push(Action::ChunkEnd(Yes));
    actions.into()
}

fn sized(status: u16, mut headers: Vec<(String, String)>, body: Bytes, cuts: &Cuts) -> Actions {
    let chunked = has(&headers, "transfer-encoding");
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("transfer-encoding"));
    if !chunked && !has(&headers, "content-length") {
        headers.push(("content-length".into(), body.len().to_string()));
    }
    let mut actions = vec![Action::Head(Head {
        status,
        headers,
        chunked,
    })];
    actions.extend(pieces(body, cuts));
    if chunked {
        actions.push(Action::ChunkEnd(Yes));
    }
    actions.into()
}

fn stream_head(request: &Request, wire: &Wire) -> Action {
    Action::Head(Head {
        status: 200,
        headers: typed_headers(&wire.stream_content_type, request, wire),
        chunked: true,
    })
}

fn typed_headers(content_type: &str, request: &Request, wire: &Wire) -> Vec<(String, String)> {
    let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
    headers.extend(wire.headers(&request.holes));
    headers
}

fn has(headers: &[(String, String)], wanted: &str) -> bool {
    headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

fn is_stream(headers: &[(String, String)]) -> bool {
    let types = [
        "text/event-stream",
        "ndjson",
        "stream+json",
        "amazon.eventstream",
    ];
    headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("content-type") && types.iter().any(|part| value.contains(part))
    })
}
