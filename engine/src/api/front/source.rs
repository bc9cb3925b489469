//! A document's text, as bluejay reads it.

use std::{iter, mem};

use async_graphql::{Pos, ServerError};
use bluejay_parser::Span;

use crate::api::excess::{NESTING, too_complex};

/// A document's text: as it is read, and where its places are.
pub struct Source {
    /// The text, in which each `$` stands just before its name. GraphQL allows blanks and comments between (section 2.1.7), which
    /// bluejay does not know. It is as long as the original, so that places are the same.
    pub text: String,
    /// The places of the original, which has its own lines.
    pub positions: Positions,
}

/// The text as bluejay reads it.
///
/// # Errors
/// Its brackets are nested too deep for what reads them, which does so by recursion.
pub fn prepared(text: &str) -> Result<Source, ServerError> {
    let mut bytes = text.as_bytes().to_vec();
    let mut original = bytes.clone();
    let (mut at, mut nesting) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'#' | b'"' => {
                let end = skipped(&bytes, at);
                if bytes[at] == b'"' {
                    pair_surrogates(&mut bytes[at..end]);
                }
                at = end;
                continue;
            }
            b'{' | b'(' | b'[' => nesting += 1,
            b'}' | b')' | b']' => nesting = nesting.saturating_sub(1),
            b'$' => {
                let name = ignored(&bytes, at + 1);
                if name > at + 1 && bytes.get(name).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
                    bytes[at..name].fill(b' ');
                    bytes[name - 1] = b'$';
                    // A place is never within a character.
                    original[at..name].iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b' ');
                    at = name;
                    continue;
                }
            }
            _ => {}
        }
        if nesting > NESTING {
            return Err(too_complex(format!("the document nests more brackets than are allowed: {NESTING}")));
        }
        at += 1;
    }
    // Only whole characters were replaced.
    let valid = |bytes| String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    Ok(Source { text: valid(bytes), positions: Positions::of(valid(original)) })
}

/// Where the ignored tokens (section 2.1) that begin at `at` end.
fn ignored(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = match bytes.get(at..).unwrap_or_default() {
            [b' ' | b'\t' | b'\n' | b'\r' | b',', ..] => at + 1,
            [0xef, 0xbb, 0xbf, ..] => at + 3,
            [b'#', ..] => skipped(bytes, at),
            _ => return at,
        };
    }
}

/// Where the comment or the string that begins at `at` ends. One that has no end goes to the text's, or its line's.
fn skipped(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let ends_line = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if rest[0] == b'#' {
        return at + rest.iter().position(ends_line).unwrap_or(rest.len());
    }
    let is_block = rest.starts_with(b"\"\"\"");
    let mut length = if is_block { 3 } else { 1 };
    let mut is_escaped = false;
    while let Some(byte) = rest.get(length) {
        if is_block && rest[length..].starts_with(b"\\\"\"\"") {
            length += 4;
            continue;
        }
        if is_block && rest[length..].starts_with(b"\"\"\"") {
            return at + length + 3;
        }
        length += 1;
        if !is_block {
            match byte {
                _ if mem::take(&mut is_escaped) => {}
                b'\\' => is_escaped = true,
                b'"' => return at + length,
                byte if ends_line(byte) => return at + length,
                _ => {}
            }
        }
    }
    bytes.len()
}

/// Writes the two escapes of a character beyond U+FFFF as the one that GraphQL has for it too (section 2.9.4), which is as long: of
/// several escapes side by side, bluejay pairs whichever come first.
fn pair_surrogates(string: &mut [u8]) {
    if string.starts_with(b"\"\"\"") {
        return;
    }
    let mut at = 0;
    while at + 1 < string.len() {
        if string[at] != b'\\' {
            at += 1;
            continue;
        }
        let escaped = |at: usize| {
            let digits = str::from_utf8(string.get(at..at + 6)?.strip_prefix(b"\\u")?).ok()?;
            u16::from_str_radix(digits, 16).ok()
        };
        let pair = escaped(at).zip(escaped(at + 6));
        let character = pair.and_then(|(high, low)| char::decode_utf16([high, low]).next()?.ok());
        match character.filter(|character| *character > '\u{FFFF}') {
            Some(character) => {
                string[at..at + 12].copy_from_slice(format!("\\u{{{:08x}}}", u32::from(character)).as_bytes());
                at += 12;
            }
            // An escape is of two characters at least.
            None => at += 2,
        }
    }
}

/// The places of a text, in lines and columns.
pub struct Positions {
    /// The text.
    pub text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    is_ascii: bool,
}

impl Positions {
    /// Those of a text, whose lines end as GraphQL has it (section 2.1.3).
    fn of(text: String) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let lines = iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { lines, is_ascii: text.is_ascii(), text }
    }

    /// Where a span begins.
    pub fn at(&self, span: &Span) -> Pos {
        let at = span.byte_range().start;
        let line = self.lines.partition_point(|start| *start <= at);
        // The first line begins at 0.
        let start = self.lines[line - 1];
        let column = if self.is_ascii { at - start } else { self.text[start..at].chars().count() };
        Pos { line, column: column + 1 }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that panics has failed, which is its job")]
mod tests {
    use super::prepared;

    #[test]
    fn a_dollar_comes_to_its_name_over_blanks_and_comments() {
        for (text, expected) in [
            ("query($ n: Int)", "query( $n: Int)"),
            ("query($\u{feff},\n# é $ x\nn: Int)", "query(              $n: Int)"),
            ("{ a(b: $n) }", "{ a(b: $n) }"),
        ] {
            assert_eq!(prepared(text).unwrap().text, expected);
        }
    }

    #[test]
    fn two_surrogates_are_one_character_and_nothing_else_is() {
        for (text, expected) in [
            (r#"{ a(b: "\u003a\ud83d\uDE00") }"#, r#"{ a(b: "\u003a\u{0001f600}") }"#),
            (r#"{ a(b: "\\ud83d\ude00 \ude00\ud83d") }"#, r#"{ a(b: "\\ud83d\ude00 \ude00\ud83d") }"#),
            (r#"{ a(b: """\ud83d\ude00""", c: "\ud83d\ude0") }"#, r#"{ a(b: """\ud83d\ude00""", c: "\ud83d\ude0") }"#),
        ] {
            assert_eq!(prepared(text).unwrap().text, expected);
        }
    }

    #[test]
    fn a_dollar_in_a_string_or_a_comment_stays() {
        for text in [
            r#"{ a(b: "$ n \" $ n") } # $ n"#,
            "{ a(b: \"\"\" $ n \\\"\"\" $ n \" \"\"\", c: \"\") }",
            "{ a(b: \"$ n",
            "{ a(b: \"\"\"$ n",
            "$ 5 $",
        ] {
            assert_eq!(prepared(text).unwrap().text, text);
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_are_not_nested() {
        let text = format!("{{ a(b: \"{0}\") }} # {0}", "[".repeat(100));
        assert_eq!(prepared(&text).unwrap().text, text);
    }
}
