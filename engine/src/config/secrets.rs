//! What is shown of settings that have secrets.

use url::Url;

/// A URL without what must not be shown: its user, its password and its query.
///
/// It is taken as text, for it may be no URL: a `/` or `?` in a password leads those who parse it astray.
pub fn without_secrets(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once(':') else { return url.to_owned() };
    let (place, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    // Which of it is a password cannot be told.
    if query.contains('@') {
        return format!("{scheme}:***");
    }
    // It is cut off, perhaps within a password.
    if !place.contains('@') && Url::parse(url).is_err() {
        return format!("{scheme}:***");
    }
    let place = place.rsplit_once('@').map_or_else(|| place.to_owned(), |(_, host)| format!("//***@{host}"));
    format!("{scheme}:{place}{}", if query.is_empty() { "" } else { "?***" })
}
