//! Where a reader of the changes is, which is also the cursor of an event.

use std::{
    fmt::{Display, Formatter, Result as Formatted},
    mem::discriminant,
    str::FromStr,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// How long a cursor may be, in bytes: it names the transactions that ran at two moments, of which there may be hundreds.
const LONGEST: usize = 1 << 16;

/// What can be seen of the changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// On PostgreSQL, the changes of some transactions.
    Snapshot {
        /// Of those before this one, all.
        start: i64,
        /// Of this one, and of those after it, none.
        end: i64,
        /// Of these between, none, as they were running.
        running: Vec<i64>,
        /// The number of the last change. After a crash, PostgreSQL may give the number of a transaction again that was not written
        /// yet, such as one that was rolled back; but then its changes have numbers beyond this.
        last: i64,
    },
    /// On SQLite, those up to this number.
    Number(i64),
}

impl Moment {
    /// Up to where all can be seen, that included.
    pub fn all_up_to(&self) -> i64 {
        match self {
            Self::Snapshot { start, .. } => start - 1,
            Self::Number(number) => *number,
        }
    }

    /// Up to where anything can be seen.
    fn none_beyond(&self) -> i64 {
        match self {
            Self::Snapshot { end, .. } => *end - 1,
            Self::Number(number) => *number,
        }
    }

    /// The number of the last change that can be seen, or was there.
    pub fn last(&self) -> i64 {
        match self {
            Self::Snapshot { last, .. } => *last,
            Self::Number(number) => *number,
        }
    }

    /// Whether a change of this transaction can be seen that has this number.
    pub fn sees(&self, transaction: i64, number: i64) -> bool {
        self.sees_transaction(transaction) && number <= self.last()
    }

    fn sees_transaction(&self, transaction: i64) -> bool {
        match self {
            Self::Snapshot { start, end, running, .. } => {
                transaction < *start || transaction < *end && running.binary_search(&transaction).is_err()
            }
            Self::Number(number) => transaction <= *number,
        }
    }

    /// Whether all can be seen that can be seen at another moment.
    pub fn has_all_of(&self, other: &Self) -> bool {
        let hidden: &[i64] = if let Self::Snapshot { running, .. } = self { running } else { &[] };
        let hides = |transaction: &i64| other.sees_transaction(*transaction);
        other.none_beyond() <= self.none_beyond() && other.last() <= self.last() && !hidden.iter().any(hides)
    }

    /// Whether nothing can be seen at it that is not there yet at another moment.
    pub fn is_before(&self, other: &Self) -> bool {
        // After a crash, transactions may begin with lower numbers again.
        self.none_beyond() <= other.none_beyond() || self.last() <= other.last()
    }

    /// As PostgreSQL spells a `pg_snapshot`; on SQLite, the number.
    pub fn snapshot(&self) -> String {
        match self {
            Self::Snapshot { start, end, running, .. } => {
                let running: Vec<_> = running.iter().map(i64::to_string).collect();
                format!("{start}:{end}:{}", running.join(","))
            }
            Self::Number(number) => number.to_string(),
        }
    }

    /// Whether both are of the same sort of database.
    pub fn is_like(&self, other: &Self) -> bool {
        discriminant(self) == discriminant(other)
    }

    /// Whether what is there no more, up to `pruned`, could be seen.
    pub fn is_after(&self, pruned: i64) -> bool {
        self.all_up_to() >= pruned
    }
}

/// On PostgreSQL, a `pg_snapshot` and the number of the last change; on SQLite, that alone.
impl Display for Moment {
    fn fmt(&self, to: &mut Formatter<'_>) -> Formatted {
        match self {
            Self::Snapshot { last, .. } => write!(to, "{}:{last}", self.snapshot()),
            Self::Number(number) => Display::fmt(number, to),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            // In no other spelling than the one that is written.
            let number =
                |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0 && number.to_string() == text);
            let parts: Vec<_> = text.split(':').collect();
            match parts[..] {
                [number_text] => number(number_text).map(Self::Number),
                [start, end, running, last] => {
                    let (start, end, last) = (number(start)?, number(end)?, number(last)?);
                    let running = running.split(',').filter(|it| !it.is_empty()).map(number);
                    let running: Vec<_> = running.collect::<Option<_>>()?;
                    let is_fit = (1..=end).contains(&start)
                        && running.is_sorted_by(|one, other| one < other)
                        && running.iter().all(|it| (start..end).contains(it));
                    is_fit.then_some(Self::Snapshot { start, end, running, last })
                }
                _ => None,
            }
        };
        read().ok_or_else(|| format!("{text:?} is no moment of changes"))
    }
}

/// A place among the changes. Those after it are those that can be seen at `to` and not at `from`, but only from a number on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Since when the changes are recorded without a gap.
    pub epoch: String,
    /// What was read before.
    pub from: Moment,
    /// What is being read.
    pub to: Moment,
    /// The number of the last of it that was read.
    pub number: i64,
}

impl Position {
    /// That after which come all changes that could not be seen at a moment.
    pub fn at(epoch: String, moment: Moment) -> Self {
        Self { epoch, from: moment.clone(), to: moment, number: 0 }
    }

    /// The same, once all is read that could be seen at `to`: what comes then is what can be seen at `next`.
    #[must_use]
    pub fn until(&self, next: Moment) -> Self {
        Self { epoch: self.epoch.clone(), from: self.to.clone(), to: next, number: 0 }
    }

    /// The same, once the change of this number is read.
    #[must_use]
    pub fn behind(&self, number: i64) -> Self {
        Self { number, ..self.clone() }
    }

    /// The position as a cursor.
    pub fn cursor(&self) -> String {
        let Self { epoch, from, to, number } = self;
        URL_SAFE_NO_PAD.encode(format!("{epoch} {from} {to} {number}"))
    }

    /// The position that a cursor is; `None` if it is none.
    pub fn of_cursor(cursor: &str) -> Option<Self> {
        let text = Some(cursor).filter(|cursor| cursor.len() <= LONGEST)?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let [epoch, from, to, number] = text.split(' ').collect::<Vec<_>>()[..] else { return None };
        let (from, to): (Moment, Moment) = (from.parse().ok()?, to.parse().ok()?);
        let is_fit = from.is_like(&to);
        let number = number.parse().ok()?;
        is_fit.then(|| Self { epoch: epoch.to_owned(), from, to, number })
    }
}
