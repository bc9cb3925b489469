//! Texts without their case and their accents.

use unicase::UniCase;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};

/// A text without case, accents and ligatures, as columns for filters such as `containsFolded` hold it: `Straße` and `STRASSE` are
/// `strasse`, `Ångström` is `angstrom`, `ﬁ` is `fi`.
///
/// That is the compatibility decomposition (Unicode, D65), without its accents, with full case folding (D144), composed again (D117). No
/// language has rules of its own: the Turkish `İ` is `i`. Letters that have no decomposition stay: `ø`, `ł`, `æ`, `ı`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let letters: String = text.nfkd().filter(|&letter| !is_accent(letter)).collect();
    // Some letters have parts of their own once they are folded.
    let folded = UniCase::unicode(letters).to_folded_case();
    // Composed again, so that a syllable of Hangul is no beginning of another.
    folded.nfkd().filter(|&letter| !is_accent(letter)).nfc().collect()
}

/// Whether a character is an accent, by its combining class (Unicode, table 4-3): marks through, over, under and beside letters, nuktas,
/// the marks of kana, and the points of Hebrew, Arabic and Syriac. The vowels of Indic scripts are of other classes, and viramas.
fn is_accent(character: char) -> bool {
    matches!(canonical_combining_class(character), 1..=8 | 10..=36 | 200..=240)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_accents_and_ligatures_are_folded() {
        let folded = [
            ("Straße STRASSE ẞ", "strasse strasse ss"),
            ("İstanbul ISTANBUL ıI", "istanbul istanbul ıi"),
            ("ﬁn ﬃ Ǆ ĳ", "fin ffi dz ij"),
            ("A\u{301}\u{323}\u{20d7}á À", "aa a"),
            ("Ёлка Й", "елка и"),
            ("ΌΣΟΣ όσος ᾳ", "οσοσ οσοσ α"),
            ("שָׁלוֹם", "שלום"),
            ("हिन्दी", "हिन्दी"),
            ("Ⅳ ①２ K Å", "iv 12 k a"),
            ("ø Ł æ", "ø ł æ"),
            ("\u{1112}\u{1161}\u{11ab}국", "한국"),
        ];
        for (text, expected) in folded {
            assert_eq!(fold(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for character in '\0'..=char::MAX {
            let folded = fold(&character.to_string());
            assert_eq!(fold(&folded), folded, "U+{:04X}", u32::from(character));
        }
    }
}
