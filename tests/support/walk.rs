//! Walks over all pages of a list.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::App;

/// Walks every list of the roots in every order, forwards and backwards, by pages of `size`: both must meet each item once, in the
/// opposite order. Answers how many orders there were.
pub async fn every_order(app: &App, size: usize) -> usize {
    let mut count = 0;
    for (list, ty) in lists(app).await {
        let total = app.data(&format!("{{ {list} {{ totalCount }} }}")).await[&list]["totalCount"].as_u64().unwrap();
        for order in orders(app, &ty).await {
            let forwards = pages(app, &list, &order, size, false).await;
            let mut backwards = pages(app, &list, &order, size, true).await;
            backwards.reverse();
            let distinct: HashSet<_> = forwards.iter().collect();
            assert_eq!((forwards.len() as u64, distinct.len() as u64), (total, total), "{list} {order}");
            assert_eq!(backwards, forwards, "{list} {order}");
            count += 1;
        }
    }
    count
}

/// The lists of the roots, and the types of their items.
async fn lists(app: &App) -> Vec<(String, String)> {
    let query = "{ __schema { queryType { fields { name args { name type { ofType { ofType { name } } } } } } } }";
    let data = app.data(query).await;
    let fields = data["__schema"]["queryType"]["fields"].as_array().unwrap();
    let list = |field: &Value| {
        let orders = field["args"].as_array()?.iter().find(|argument| argument["name"] == "orderBy")?;
        let ty = orders["type"]["ofType"]["ofType"]["name"].as_str()?.strip_suffix("Order")?;
        Some((field["name"].as_str()?.to_owned(), ty.to_owned()))
    };
    fields.iter().filter_map(list).collect()
}

/// The orders of a type's lists, by one key each.
async fn orders(app: &App, ty: &str) -> Vec<String> {
    let query = format!(
        "{{ fields: __type(name: \"{ty}OrderField\") {{ enumValues {{ name }} }} order: __type(name: \"{ty}Order\") {{ inputFields {{ name }} }} }}"
    );
    let data = app.data(&query).await;
    let inputs = data["order"]["inputFields"].as_array().unwrap();
    let nulls: &[&str] =
        if inputs.iter().any(|input| input["name"] == "nulls") { &[", nulls: FIRST", ", nulls: LAST"] } else { &[""] };
    let mut orders = Vec::new();
    for field in data["fields"]["enumValues"].as_array().unwrap() {
        for direction in ["ASC", "DESC"] {
            let key = format!("field: {}, direction: {direction}", field["name"].as_str().unwrap());
            orders.extend(nulls.iter().map(|nulls| format!("orderBy: [{{ {key}{nulls} }}]")));
        }
    }
    orders
}

/// The ids of all items of a list, as its pages have them: read backwards, each page from its end.
pub async fn pages(app: &App, list: &str, arguments: &str, size: usize, backwards: bool) -> Vec<String> {
    let [most, from, cursor, more] = match backwards {
        false => ["first", "after", "endCursor", "hasNextPage"],
        true => ["last", "before", "startCursor", "hasPreviousPage"],
    };
    let query = format!(
        "query($at: String) {{ {list}({most}: {size}, {from}: $at, {arguments}) {{ nodes {{ id }} pageInfo {{ {cursor} {more} }} }} }}"
    );
    let (mut walked, mut at) = (Vec::new(), Value::Null);
    loop {
        let answer = app.query_with(&query, &json!({ "at": at })).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let page = &answer["data"][list];
        let nodes = page["nodes"].as_array().unwrap_or_else(|| panic!("{query}: {answer}")).iter();
        let ids = nodes.map(|node| node["id"].as_str().unwrap().to_owned());
        walked.extend(if backwards { ids.rev().collect::<Vec<_>>() } else { ids.collect() });
        if page["pageInfo"][more] != true {
            return walked;
        }
        at = page["pageInfo"][cursor].clone();
    }
}
