//! Messages as turns, for wires where system messages stand apart and two roles take turns. Owns
//! which message belongs to which turn; what a message consists of, and what a model requires of
//! the order, is the wire's.

use super::errors::invalid_request;
use super::unsupported::Unsupported;
use crate::error::LlmError;
use crate::request::{Message, Role};

/// A conversation of messages that became blocks.
#[derive(Debug)]
pub(crate) struct Conversation<B> {
    pub(crate) system: Vec<B>,
    pub(crate) turns: Vec<Turn<B>>,
}

/// All messages of one side before the other's turn.
#[derive(Debug)]
pub(crate) struct Turn<B> {
    pub(crate) role: TurnRole,
    pub(crate) blocks: Vec<B>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TurnRole {
    User,
    Assistant,
}

impl<B> Conversation<B> {
    /// Takes the messages in order; `blocks` is what one consists of, by its position and place.
    /// `prompt` says, for warnings, that the system prompt is one.
    pub(crate) fn of<'m>(
        messages: &'m [Message],
        prompt: &str,
        unsupported: &mut Unsupported<'_>,
        mut blocks: impl FnMut(
            &'m Message,
            usize,
            &str,
            &mut Unsupported<'_>,
        ) -> Result<Vec<B>, LlmError>,
    ) -> Result<Self, LlmError> {
        let (system, turns) = (Vec::new(), Vec::new());
        let mut conversation = Self { system, turns };
        for (position, message) in messages.iter().enumerate() {
            let place = format!("messages[{position}]");
            let role = match message.role {
                Role::System | Role::Developer => None,
                Role::User | Role::Tool => Some(TurnRole::User),
                Role::Assistant => Some(TurnRole::Assistant),
                Role::Function => {
                    let why = "role function has no id of a call; use role tool";
                    unsupported.refuse(&place, why)?;
                    continue;
                }
            };
            let blocks = blocks(message, position, &place, unsupported)?;
            // A turn without content is refused: an empty message is left out.
            if blocks.is_empty() {
                continue;
            }
            match role {
                Some(role) => conversation.push(role, blocks),
                None => {
                    if !conversation.turns.is_empty() {
                        let moved = format!("{place} was moved to the top: {prompt}");
                        unsupported.warnings.push(moved);
                    }
                    conversation.system.extend(blocks);
                }
            }
        }
        let is_turn = |message: &Message| !matches!(message.role, Role::System | Role::Developer);
        if conversation.turns.is_empty() && messages.iter().any(is_turn) {
            let what = "messages are empty; give at least one of the user's";
            return Err(invalid_request(unsupported.provider, what));
        }
        Ok(conversation)
    }

    /// Adds to the last turn, or begins the other side's.
    fn push(&mut self, role: TurnRole, blocks: Vec<B>) {
        match self.turns.last_mut() {
            Some(turn) if turn.role == role => turn.blocks.extend(blocks),
            _ => self.turns.push(Turn { role, blocks }),
        }
    }

    /// The last block, where it is the assistant's, which the model goes on with.
    pub(crate) fn last_of_assistant(&mut self) -> Option<&mut B> {
        let last = self.turns.last_mut()?;
        let is_assistants = last.role == TurnRole::Assistant;
        last.blocks.last_mut().filter(|_| is_assistants)
    }
}
