//! Long answers over several lines, so that a snapshot can be read.

/// The width of a line; what cannot be parted is wider.
const WIDTH: usize = 120;

/// The same JSON to the byte, but for blanks between its tokens: an object or a list that is too wide has a line for each item.
pub fn laid_out(json: &str) -> String {
    lay_out(json, "")
}

fn lay_out(item: &str, indent: &str) -> String {
    let value = match item.strip_prefix('"').and_then(|rest| rest.split_once("\":")) {
        Some((name, value)) if name.chars().all(|it| it.is_alphanumeric() || it == '_') => value,
        _ => item,
    };
    if indent.len() + item.len() <= WIDTH || !value.starts_with(['{', '[']) {
        return item.to_owned();
    }
    let (open, end) = (item.len() - value.len() + 1, item.len() - 1);
    let deeper = format!("{indent}  ");
    let items = parted(&item[open..end]).into_iter().map(|item| format!("\n{deeper}{}", lay_out(item, &deeper)));
    format!("{}{}\n{indent}{}", &item[..open], items.collect::<Vec<_>>().join(","), &item[end..])
}

/// The text between the commas that stand in no bracket and in no string.
fn parted(items: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut in_string, mut escaped) = (Vec::new(), 0, 0, false, false);
    for (index, byte) in items.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(&items[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&items[start..]);
    parts
}
