//! The messages of a stream.

/// A message (HTML, section 9.2.5). Its data, of these parts, are JSON, in which no line ends.
pub fn message(event: &str, id: Option<&str>, data: &[&[u8]]) -> Vec<u8> {
    let mut text = format!("event: {event}\n").into_bytes();
    if let Some(id) = id {
        text.extend_from_slice(format!("id: {id}\n").as_bytes());
    }
    text.extend_from_slice(b"data: ");
    data.iter().for_each(|part| text.extend_from_slice(part));
    text.extend_from_slice(b"\n\n");
    text
}

/// All of a stream of its own that an answer has.
pub fn whole(json: &[u8]) -> Vec<u8> {
    let mut text = message("next", None, &[json]);
    // Browsers tell of no message without data.
    text.extend_from_slice(&message("complete", None, &[]));
    text
}
