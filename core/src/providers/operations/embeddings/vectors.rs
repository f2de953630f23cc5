//! The vectors of one response while they come. Owns what is right about them: as many as there are
//! inputs, one for each, all of one length, all numbers finite; and their order, that of the
//! inputs.

use super::packed::{Packed, Unpacker};
use super::scanner::{Fault, NoNumber, Scanner};
use crate::event::are_finite;

/// What a response should hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// How many vectors.
    pub(super) count: usize,
    /// The length of each, where the request said one.
    pub(super) dimensions: Option<usize>,
    /// What texts are.
    pub(super) packed: Packed,
}

/// Where in the document a vector stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    /// The field of the document that holds all vectors; empty for the document itself.
    pub(super) list: &'p str,
    pub(super) position: usize,
}

impl Place<'_> {
    pub(super) fn fault(self, field: &str, how: &str) -> Fault {
        let Self { list, position } = self;
        Fault::At(format!("{list}[{position}]{field}"), how.to_owned())
    }
}

/// The vectors, one behind the other in the order in which they came.
#[derive(Debug)]
pub(super) struct Vectors {
    expected: Expected,
    unpacker: Unpacker,
    values: Vec<f32>,
    dimensions: usize,
    /// Which input each vector is of.
    inputs: Vec<usize>,
    /// Where the vector of each input came, once it has.
    positions: Vec<Option<usize>>,
}

impl Vectors {
    pub(super) fn new(expected: Expected) -> Self {
        Self {
            expected,
            unpacker: Unpacker::new(expected.packed, expected.dimensions),
            values: Vec::new(),
            dimensions: 0,
            inputs: Vec::new(),
            positions: vec![None; expected.count],
        }
    }

    /// Forgets what came: something better follows.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.expected);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Takes the list of numbers or the text that comes next; `place_of` puts it among the others.
    pub(super) fn take(
        &mut self,
        scanner: &mut Scanner<'_>,
        place: Place<'_>,
        field: &str,
    ) -> Result<(), Fault> {
        if self.inputs.len() == self.expected.count {
            let how = format!("is one vector more than the {} inputs", self.expected.count);
            return Err(place.fault("", &how));
        }
        let begin = self.values.len();
        if scanner.take(b'[') {
            if scanner.take(b']') {
                return Err(place.fault(field, "is an empty vector"));
            }
            let numbers = scanner.numbers(&mut self.values);
            numbers.map_err(|NoNumber(at)| {
                place.fault(&format!("{field}[{at}]"), "is not a number")
            })?;
        } else {
            let text = scanner.packed()?;
            let unpacked = self.unpacker.unpack(&text, &mut self.values);
            unpacked.map_err(|how| place.fault(field, how))?;
        }
        self.check(begin, place, field)
    }

    fn check(&mut self, begin: usize, place: Place<'_>, field: &str) -> Result<(), Fault> {
        let vector = self.values.get(begin..).unwrap_or_default();
        if !are_finite(vector) {
            let at = vector.iter().position(|number| !number.is_finite());
            let field = format!("{field}[{}]", at.unwrap_or_default());
            return Err(place.fault(&field, "is not a finite number"));
        }
        let length = vector.len();
        let due = match self.expected.dimensions {
            _ if length == 0 => return Err(place.fault(field, "is an empty vector")),
            Some(dimensions) if length != dimensions => {
                Some(format!("not the {dimensions} of dimensions"))
            }
            None if begin > 0 && length != self.dimensions => {
                Some(format!("the vectors before it {}", self.dimensions))
            }
            _ => None,
        };
        if let Some(due) = due {
            return Err(place.fault(field, &format!("has {length} numbers, {due}")));
        }
        if begin == 0 {
            self.dimensions = length;
            // Within what a list of texts may ask for; more grows as it comes.
            let all = length.saturating_mul(self.expected.count);
            self.values
                .reserve(all.min(1 << 24) - length.min(all.min(1 << 24)));
        }
        Ok(())
    }

    /// Says which input the vector that came last is of; without an index that is its position.
    pub(super) fn place(&mut self, index: Option<u64>, place: Place<'_>) -> Result<(), Fault> {
        let index = index.unwrap_or(place.position as u64);
        let input = usize::try_from(index).unwrap_or(usize::MAX);
        let Some(position) = self.positions.get_mut(input) else {
            let how = format!("is {index}, of {} inputs", self.expected.count);
            return Err(place.fault(".index", &how));
        };
        if let Some(other) = position {
            let how = format!("is {index}, which {}[{other}] has too", place.list);
            return Err(place.fault(".index", &how));
        }
        *position = Some(place.position);
        self.inputs.push(input);
        Ok(())
    }

    /// The numbers in the order of the inputs, and the length of each vector.
    pub(super) fn finish(self, list: &str) -> Result<(Vec<f32>, usize), Fault> {
        let (came, count) = (self.inputs.len(), self.expected.count);
        if came != count {
            let how = format!("has {came} vectors for {count} inputs");
            return Err(Fault::At(list.to_owned(), how));
        }
        let is_sorted = self.inputs.is_sorted();
        if is_sorted || self.dimensions == 0 {
            return Ok((self.values, self.dimensions));
        }
        // Each input has one vector, so all places are filled.
        let mut values = vec![0.0; self.values.len()];
        let came = self.values.chunks_exact(self.dimensions);
        for (vector, input) in came.zip(&self.inputs) {
            let begin = input.saturating_mul(self.dimensions);
            if let Some(place) = values.get_mut(begin..begin.saturating_add(vector.len())) {
                place.copy_from_slice(vector);
            }
        }
        Ok((values, self.dimensions))
    }
}
