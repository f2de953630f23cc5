//! Executes the actions of a script on one response. Owns what each action does and what the end of
//! a script means for the connection; the bytes are made by `wire` and `output`.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use rustix::time::{clock_gettime, ClockId};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::action::{Action, Actions, Filler, Paced};
use crate::mock::Mock;
use crate::output::Output;
use crate::pacer::{Entry, Stop};
use crate::template::Holes;
use crate::wire::{Part, Wire};

const FILLER_PIECE_BYTES: usize = 64 * 1024;
/// Tokens without an interval leave in writes of about this size.
const FLOOD_WRITE_BYTES: usize = 16 * 1024;

/// What becomes of the connection.
#[derive(Debug, PartialEq)]
pub enum Ending {
    Keep,
    /// Although the response may have announced otherwise.
    KeepAnyway,
    Close,
    Reset,
}

pub struct Executor<'a> {
    pub mock: &'a Mock,
    pub wire: Rc<Wire>,
    pub holes: Holes,
    pub output: &'a mut Output,
}

/// A list that is being walked, and how many times more.
struct Walk {
    actions: Actions,
    next: usize,
    times_left: u64,
}

impl Executor<'_> {
    /// An error means that the peer went away. A script that ends before its response does cuts it.
    pub async fn run(&mut self, actions: Actions) -> io::Result<Ending> {
        let mut walks = vec![Walk::new(actions, 1)];
        while let Some(walk) = walks.last_mut() {
            let Some(action) = walk.actions.get(walk.next).cloned() else {
                if walk.again() {
                    // Endless lists that never wait must not starve the other connections.
                    tokio::task::yield_now().await;
                } else {
                    walks.pop();
                }
                continue;
            };
            walk.next += 1;
            if let Action::Repeat(repeat) = action {
                walks.push(Walk::new(repeat.actions, repeat.times));
            } else if let Some(ending) = self.execute(action).await? {
                self.output.flush().await?;
                return Ok(ending);
            }
        }
        self.output.flush().await?;
        Ok(if self.output.is_whole() {
            Ending::Keep
        } else {
            Ending::Close
        })
    }

    async fn execute(&mut self, action: Action) -> io::Result<Option<Ending>> {
        match action {
            Action::Head(head) => self.output.head(&head).await?,
            Action::Write(text) => self.output.raw(text.as_bytes()).await?,
            Action::WriteBase64(bytes) => self.output.raw(&bytes.0).await?,
            Action::Chunk(text) => self.output.chunk(text.as_bytes()).await?,
            Action::ChunkEnd(_) => self.output.end().await?,
            Action::Sse(Value::String(text)) => self.event(&text).await?,
            Action::Sse(value) => self.event(&value.to_string()).await?,
            Action::Frame(frame) => self.output.body(&frame.bytes()).await?,
            Action::Body(bytes) => self.output.body(&bytes).await?,
            Action::Start(_) => self.part(Part::Start).await?,
            Action::Token(text) => self.token(text).await?,
            Action::Finish(reason) => {
                self.holes.finish = reason;
                self.part(Part::Finish).await?;
            }
            Action::Usage(_) => self.part(Part::Usage).await?,
            Action::Done(_) => self.part(Part::Done).await?,
            Action::Gzip(_) => self.output.start_gzip(),
            Action::Bytes(filler) => self.fill(&filler).await?,
            Action::Paced(paced) => self.pace(paced).await?,
            Action::Signal(name) => {
                self.output.flush().await?;
                self.output.state.event(&name, self.mock.now_ms());
            }
            Action::PauseMs(pause_ms) => {
                self.output.flush().await?;
                tokio::time::sleep(Duration::from_millis(pause_ms)).await;
            }
            Action::Await(name) => {
                self.output.flush().await?;
                self.output.state.released(&name).await;
            }
            Action::Hang(_) => {
                self.output.flush().await?;
                std::future::pending::<()>().await;
            }
            Action::ReadRequest(_) => {
                self.output.flush().await?;
                self.output.exchange.want();
                while !self.output.exchange.is_read() {
                    let change = self.output.state.change();
                    self.output.state.tell();
                    change.await;
                }
            }
            Action::Keep(_) => return Ok(Some(Ending::KeepAnyway)),
            Action::Close(_) => return Ok(Some(Ending::Close)),
            Action::Reset(_) => return Ok(Some(Ending::Reset)),
            Action::Repeat(_) => {}
        }
        Ok(None)
    }

    async fn event(&mut self, data: &str) -> io::Result<()> {
        self.output
            .body(format!("data: {data}\n\n").as_bytes())
            .await
    }

    async fn part(&mut self, part: Part) -> io::Result<()> {
        let bytes = self.wire.part(part, &self.holes);
        self.output.body(&bytes).await
    }

    async fn token(&mut self, text: String) -> io::Result<()> {
        self.holes.say(&text);
        self.holes.text = text;
        self.count(1);
        self.part(Part::Token).await
    }

    fn count(&mut self, tokens: u64) {
        self.holes.output_tokens += tokens;
        let counter = &self.mock.stats.tokens_written;
        counter.set(counter.get() + tokens);
    }

    async fn fill(&mut self, filler: &Filler) -> io::Result<()> {
        if filler.of.is_empty() {
            return Ok(());
        }
        let piece: Vec<u8> = filler.of.bytes().cycle().take(FILLER_PIECE_BYTES).collect();
        let mut left = filler.count;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            self.output
                .body(piece.get(..count).unwrap_or_default())
                .await?;
            left -= count as u64;
            // Making a piece may cost, with gzip; the other connections come between two.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn pace(&mut self, paced: Paced) -> io::Result<()> {
        self.output.flush().await?;
        if paced.timed {
            return self.pace_timed(&paced).await;
        }
        self.holes.text = paced.text;
        let token = self
            .output
            .framed(&self.wire.part(Part::Token, &self.holes));
        if paced.interval_ms == 0 {
            return self.flood(&token, paced.tokens).await;
        }
        self.holes.output_tokens += paced.tokens;
        let mut tokens_left = paced.tokens;
        let mut delay_ms = 0;
        while tokens_left > 0 {
            let Some(target) = self.output.target() else {
                return Err(io::ErrorKind::BrokenPipe.into());
            };
            let (stopped, stop) = oneshot::channel();
            let entry = Entry {
                target,
                token: token.clone(),
                tokens_left,
                interval_ms: paced.interval_ms,
                state: self.output.state.clone(),
                exchange: self.output.exchange.clone(),
                stopped,
            };
            self.mock.pacer.add(entry, delay_ms);
            delay_ms = paced.interval_ms;
            match stop.await {
                Ok(Stop::Done) => return Ok(()),
                Ok(Stop::Failed(error)) => return Err(error),
                Ok(Stop::Full {
                    rest,
                    tokens_left: left,
                }) => {
                    self.output.raw(&rest).await?;
                    tokens_left = left;
                }
                Err(_) => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
        Ok(())
    }

    /// The n-th token is due n intervals after the first, however late those before it left.
    async fn pace_timed(&mut self, paced: &Paced) -> io::Result<()> {
        let interval = Duration::from_millis(paced.interval_ms);
        let (mut wake, mut due) = (tokio::time::Instant::now(), monotonic());
        for _ in 0..paced.tokens {
            tokio::time::sleep_until(wake).await;
            self.token(format!("{:015} ", due.as_micros())).await?;
            self.output.flush().await?;
            wake += interval;
            due += interval;
        }
        Ok(())
    }

    async fn flood(&mut self, token: &[u8], tokens: u64) -> io::Result<()> {
        let tokens_per_write = (FLOOD_WRITE_BYTES / token.len().max(1)).max(1);
        let many = token.repeat(tokens_per_write);
        let mut left = tokens;
        while left > 0 {
            let count = usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(tokens_per_write);
            let bytes = many.get(..count * token.len()).unwrap_or_default();
            self.output.raw(bytes).await?;
            self.count(count as u64);
            left -= count as u64;
        }
        Ok(())
    }
}

/// The clock that other processes of this machine share.
fn monotonic() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

impl Walk {
    fn new(actions: Actions, times: u64) -> Self {
        Self {
            next: if times == 0 { actions.len() } else { 0 },
            actions,
            times_left: times,
        }
    }

    fn again(&mut self) -> bool {
        self.next = 0;
        self.times_left = self.times_left.saturating_sub(1);
        self.times_left > 0
    }
}
