//! Reads a scenario so that whatever is wrong with it is named by its place: `events[3].advance`.

use super::{ScenarioError, ScenarioFault};
use crate::reading::Tree;
use crate::time::{Calendar, CivilDate, Timestamp};
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// A value and where it stands.
pub(super) struct Node<'a> {
    pub(super) place: String,
    tree: Tree<'a>,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn root(text: &'a str) -> Result<Self, ScenarioError> {
        Ok(Self {
            place: String::new(),
            tree: Tree::parse(text).map_err(|error| ScenarioError::new("", error))?,
        })
    }

    /// It as an object that has no other fields than these, and none twice.
    pub(super) fn object(self, known: &[&str]) -> Result<Object<'a>, ScenarioError> {
        self.any_object()?.only(known)
    }

    /// It as an object whose fields depend on what stands in it.
    pub(super) fn any_object(self) -> Result<Object<'a>, ScenarioError> {
        if matches!(self.tree, Tree::Object(_)) {
            Ok(Object {
                place: self.place,
                tree: self.tree,
            })
        } else {
            Err(ScenarioError::new(&self.place, ScenarioFault::ObjectNeeded))
        }
    }

    /// It as a list.
    pub(super) fn list(self) -> Result<Vec<Self>, ScenarioError> {
        let Tree::List(items) = self.tree else {
            return Err(ScenarioError::new(&self.place, ScenarioFault::ListNeeded));
        };
        Ok(items
            .into_iter()
            .enumerate()
            .map(|(index, tree)| Self {
                place: format!("{}[{index}]", self.place),
                tree,
            })
            .collect())
    }

    /// It as whatever is wanted.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, ScenarioError> {
        let place = self.place;
        self.tree
            .read()
            .map_err(|error| ScenarioError::new(&place, error))
    }

    /// It as a moment: `2026-10-03T14:20:00Z`, with another distance from UTC (`+01:00`), or a date
    /// alone, which is the first moment of it in Morocco.
    pub(super) fn moment(self, calendar: &dyn Calendar) -> Result<Timestamp, ScenarioError> {
        self.tree
            .text()
            .and_then(|text| moment(text, calendar))
            .ok_or_else(|| ScenarioError::new(&self.place, ScenarioFault::NotAMoment))
    }
}

/// An object that is being read.
pub(super) struct Object<'a> {
    pub(super) place: String,
    tree: Tree<'a>,
}

impl<'a> Object<'a> {
    /// Refuses any other field than these, and any that is given twice.
    pub(super) fn only(self, known: &[&str]) -> Result<Self, ScenarioError> {
        only(&self.tree, &self.place, known)?;
        Ok(self)
    }

    /// The same for an object in a field of it, or for each object of a list there. What is stored and
    /// sent is read by types that pass over what they do not know; whoever writes a scenario by hand is
    /// told of a slip.
    pub(super) fn only_within(self, name: &str, known: &[&str]) -> Result<Self, ScenarioError> {
        let place = self.place_of(name);
        match self.tree.field(name) {
            Some(Tree::List(items)) => {
                for (index, item) in items.iter().enumerate() {
                    only(item, &format!("{place}[{index}]"), known)?;
                }
            }
            Some(inner) => only(inner, &place, known)?,
            None => {}
        }
        Ok(self)
    }

    /// A field of it, left where it is.
    pub(super) fn look(&self, name: &str) -> Option<Node<'a>> {
        Some(Node {
            place: self.place_of(name),
            tree: self.tree.field(name)?.clone(),
        })
    }

    /// Where a field of it stands.
    pub(super) fn place_of(&self, name: &str) -> String {
        within(&self.place, name)
    }

    /// A field that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<Node<'a>, ScenarioError> {
        self.optional(name)
            .ok_or_else(|| ScenarioError::new(&self.place_of(name), ScenarioFault::FieldMissing))
    }

    /// A field that may be there.
    pub(super) fn optional(&mut self, name: &str) -> Option<Node<'a>> {
        let tree = self.tree.take(name)?;
        Some(Node {
            place: self.place_of(name),
            tree,
        })
    }

    /// A list that may be left out.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Node<'a>>, ScenarioError> {
        self.optional(name).map_or(Ok(Vec::new()), Node::list)
    }

    /// Puts a field in, if it is not there.
    pub(super) fn fill(&mut self, name: &'static str, with: Tree<'a>) {
        if let Tree::Object(fields) = &mut self.tree
            && !fields.iter().any(|(known, _)| known == name)
        {
            fields.push((Cow::Borrowed(name), with));
        }
    }

    /// What is left of it, with `valid_from` as the moment that it says.
    pub(super) fn dated<T: DeserializeOwned>(
        mut self,
        calendar: &dyn Calendar,
    ) -> Result<T, ScenarioError> {
        let valid_from = self.required("valid_from")?.moment(calendar)?;
        self.fill("valid_from", Tree::Number(valid_from.0));
        self.read()
    }

    /// What is left of it.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<T, ScenarioError> {
        Node {
            place: self.place,
            tree: self.tree,
        }
        .read()
    }

    /// The text of a field, left where it is.
    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        self.tree.field(name)?.text()
    }
}

fn only(tree: &Tree<'_>, place: &str, known: &[&str]) -> Result<(), ScenarioError> {
    let Tree::Object(fields) = tree else {
        return Ok(());
    };
    for (index, (name, _)) in fields.iter().enumerate() {
        let fault = if !known.contains(&&**name) {
            let known = known.join(", ");
            ScenarioFault::NoSuchField { known }
        } else if fields[..index].iter().any(|(earlier, _)| earlier == name) {
            ScenarioFault::FieldTwice
        } else {
            continue;
        };
        return Err(ScenarioError::new(&within(place, name), fault));
    }
    Ok(())
}

pub(super) fn within(place: &str, name: &str) -> String {
    if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

fn moment(text: &str, calendar: &dyn Calendar) -> Option<Timestamp> {
    let Some((date, time)) = text.split_once('T') else {
        return text
            .parse::<CivilDate>()
            .ok()
            .map(|date| calendar.start_of(date));
    };
    let date: CivilDate = date.parse().ok()?;
    let (time, minutes_east) = if let Some(time) = time.strip_suffix('Z') {
        (time, 0)
    } else {
        let at = time.rfind(['+', '-'])?;
        let (hours, minutes) = time[at + 1..].split_once(':')?;
        let minutes = number(hours, 2, 14)? * 60 + number(minutes, 2, 59)?;
        let sign = if time[at..].starts_with('-') { -1 } else { 1 };
        (&time[..at], sign * minutes)
    };
    let (time, milliseconds) = match time.split_once('.') {
        Some((time, milliseconds)) => (time, number(milliseconds, 3, 999)?),
        None => (time, 0),
    };
    let mut parts = time.split(':');
    let hours = number(parts.next()?, 2, 23)?;
    let minutes = number(parts.next()?, 2, 59)?;
    let seconds = parts.next().map_or(Some(0), |part| number(part, 2, 59))?;
    if parts.next().is_some() {
        return None;
    }
    let seconds = ((hours * 60 + minutes - minutes_east) * 60) + seconds;
    let midnight = Timestamp(i64::from(date.days_since_epoch()) * 86_400_000);
    Some(midnight.plus_ms(seconds * 1_000 + milliseconds))
}

fn number(text: &str, digits: usize, greatest: i64) -> Option<i64> {
    let number = (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())??;
    (number <= greatest).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::FixedOffset;

    #[test]
    fn moments_are_read_with_their_distance_from_utc() {
        let calendar = FixedOffset { minutes: 60 };
        for (text, ms) in [
            ("1970-01-01T00:00Z", 0),
            ("1970-01-01T00:00:01.007Z", 1_007),
            ("1970-01-02T00:30:00+01:00", 84_600_000),
            ("1969-12-31T23:00:00-01:00", 0),
            ("1970-01-02", 82_800_000),
        ] {
            assert_eq!(moment(text, &calendar), Some(Timestamp(ms)), "{text}");
        }
        for text in [
            "",
            "1970-01-01T00:00",
            "1970-01-01T24:00Z",
            "1970-01-01T00:60Z",
            "1970-01-01T0:00Z",
            "1970-01-01T00:00:00:00Z",
            "1970-01-01T00:00:00.5Z",
            "1970-01-01T00:00+1:00",
            "1970-01-01T00:00+15:00",
            "1970-02-30",
            "é",
            "1970-01-01Té+é",
        ] {
            assert_eq!(moment(text, &calendar), None, "{text}");
        }
    }
}
