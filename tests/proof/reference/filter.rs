//! Filters, one row at a time. `NULL` is a value of its own: what it does not pass, it passes the `not` of.

use serde_json::Value as Json;

use super::super::{data::Data, query::Value, scalar::Scalar, world::Row};

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
            } else if let Some(one) = data.one(row, name) {
                one.is_some_and(|one| holds(data, one, value))
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
    let is = |id: &Value| {
        let (own, id) = (row.id(), id.text());
        own == *id || own[row.ty.len() + 1..] == *id
    };
    match operator {
        "eq" => is(value),
        "ne" => !is(value),
        "in" => value.items().into_iter().any(is),
        other => panic!("the reference knows no {other} of an id"),
    }
}

fn column_holds(column: &Scalar, operator: &str, value: &Value) -> bool {
    match column {
        _ if operator == "isNull" => (*column == Scalar::Null) == value.is_true(),
        Scalar::Null => operator == "ne",
        Scalar::Json(text) => {
            let at = value.given();
            let [(_, path), (_, sought)] = at[..] else { panic!("{at:?} is no path with a value") };
            let found = path.items().into_iter().try_fold(text.parse().unwrap(), |json: Json, name| {
                json.as_object().and_then(|fields| fields.get(&*name.text())).cloned()
            });
            found.is_some_and(|found| is_same(&found, &sought.to_json()))
        }
        Scalar::Text(text) if ["contains", "startsWith", "endsWith"].contains(&operator) => {
            let sought = value.text();
            match operator {
                "contains" => text.contains(&*sought),
                "startsWith" => text.starts_with(&*sought),
                _ => text.ends_with(&*sought),
            }
        }
        _ => {
            let like = |value: &Value| column.like(&value.to_json());
            match operator {
                "eq" => *column == like(value),
                "ne" => *column != like(value),
                "in" => value.items().into_iter().any(|value| *column == like(value)),
                "gt" => *column > like(value),
                "gte" => *column >= like(value),
                "lt" => *column < like(value),
                "lte" => *column <= like(value),
                other => panic!("the reference knows no {other} of {column:?}"),
            }
        }
    }
}

/// Whether two values of JSON, neither of which is an object or a list, are equal: numbers are, whatever their spelling.
fn is_same(found: &Json, sought: &Json) -> bool {
    match (found, sought) {
        (Json::Number(a), Json::Number(b)) if !(a.is_i64() && b.is_i64()) => a.as_f64() == b.as_f64(),
        (Json::Object(_) | Json::Array(_), _) => false,
        _ => found == sought,
    }
}
