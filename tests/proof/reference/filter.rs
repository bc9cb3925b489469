//! Filters, one row at a time.

use super::super::{
    data::{Data, Row, Scalar, key_of},
    query::Value,
    rows::moment,
};

/// Whether all that is given of a filter holds for the row.
pub fn holds(data: &Data, row: &Row, filter: &Value) -> bool {
    filter.given().into_iter().all(|(name, value)| match name {
        "and" => value.items().iter().all(|filter| holds(data, row, filter)),
        "or" => value.items().iter().any(|filter| holds(data, row, filter)),
        "not" => !holds(data, row, value),
        "id" => value.given().into_iter().all(|(operator, value)| id_holds(row, operator, value)),
        _ => {
            if let Some(column) = row.columns.get(name) {
                value.given().into_iter().all(|(operator, value)| column_holds(column, operator, value))
            } else if let Some(parent) = data.parent(row, name) {
                holds(data, parent, value)
            } else {
                let children = data.children(row, name).unwrap();
                value.given().into_iter().all(|(quantifier, filter)| {
                    let mut held = children.iter().map(|child| holds(data, child.row, filter));
                    match quantifier {
                        "some" => held.any(|held| held),
                        "none" => !held.any(|held| held),
                        "every" => held.all(|held| held),
                        other => panic!("the reference knows no {other} of a list"),
                    }
                })
            }
        }
    })
}

fn id_holds(row: &Row, operator: &str, value: &Value) -> bool {
    let is = |id: &Value| key_of(&id.text()).1 == row.key;
    match operator {
        "eq" => is(value),
        "ne" => !is(value),
        "in" => value.items().into_iter().any(is),
        other => panic!("the reference knows no {other} of an id"),
    }
}

fn column_holds(column: &Scalar, operator: &str, value: &Value) -> bool {
    match column {
        // No column of the school is.
        _ if operator == "isNull" => !value.is_true(),
        Scalar::Text(text) => match operator {
            "eq" => *text == value.text(),
            "ne" => *text != value.text(),
            "in" => value.items().iter().any(|item| *text == item.text()),
            "gt" => **text > *value.text(),
            "gte" => **text >= *value.text(),
            "lt" => **text < *value.text(),
            "lte" => **text <= *value.text(),
            "contains" => text.contains(&*value.text()),
            "startsWith" => text.starts_with(&*value.text()),
            "endsWith" => text.ends_with(&*value.text()),
            other => panic!("the reference knows no {other} of a text"),
        },
        Scalar::Moment(at) if operator == "in" => value.items().iter().any(|item| *at == moment(&item.text())),
        Scalar::Moment(at) => {
            let than = moment(&value.text());
            match operator {
                "eq" => *at == than,
                "ne" => *at != than,
                "gt" => *at > than,
                "gte" => *at >= than,
                "lt" => *at < than,
                "lte" => *at <= than,
                other => panic!("the reference knows no {other} of a moment"),
            }
        }
        Scalar::Number(_) => panic!("no filter has a number"),
    }
}
