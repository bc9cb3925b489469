//! The answer that the reference expects: JSON in the order of the query's text, in which the cursors are not yet known.

use std::collections::BTreeMap;

use serde_json::Value;

#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Scalar(Value),
    Cursor(Place),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// What a cursor stands for: a row's place in a list under an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub list: String,
    pub order: String,
    pub row: String,
}

/// The texts of the cursors, learned from the answers.
#[derive(Default)]
pub struct Cursors(BTreeMap<Place, String>);

impl Cursors {
    pub fn get(&self, place: &Place) -> Option<&String> {
        self.0.get(place)
    }

    /// Learns the cursors that are new from where an answer has them. A text that stands for another place already is
    /// not taken.
    pub fn learn(&mut self, expected: &Json, answer: &Value) {
        match (expected, answer) {
            (Json::Cursor(place), Value::String(text)) if !self.0.contains_key(place) => {
                let mut others = self.0.iter().filter(|(it, _)| it.list == place.list && it.order == place.order);
                if others.all(|(_, other)| other != text) {
                    self.0.insert(place.clone(), text.clone());
                }
            }
            (Json::List(items), Value::Array(answers)) => {
                items.iter().zip(answers).for_each(|(item, answer)| self.learn(item, answer));
            }
            (Json::Object(fields), Value::Object(answers)) => {
                for (name, field) in fields {
                    self.learn(field, answers.get(name).unwrap_or(&Value::Null));
                }
            }
            _ => {}
        }
    }

    /// The text of the answer; a cursor that is not known is a text that no cursor is.
    pub fn render(&self, json: &Json) -> String {
        let string = |text: &str| Value::from(text).to_string();
        match json {
            Json::Null => "null".to_owned(),
            Json::Scalar(value) => value.to_string(),
            Json::Cursor(place) => match self.get(place) {
                Some(text) => string(text),
                None => string(&format!("<a cursor for {place:?}>")),
            },
            Json::List(items) => {
                format!("[{}]", items.iter().map(|item| self.render(item)).collect::<Vec<_>>().join(","))
            }
            Json::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| format!("{}:{}", string(name), self.render(value)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
        }
    }
}
