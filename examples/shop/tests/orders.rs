//! Each order of each list, which the schema tells: its pages, and its index.

use std::collections::BTreeSet;

use axum::Router;
use serde_json::{Value, json};

use crate::support::{ask, shop};

/// A list that is ordered.
struct List {
    /// The type that has it.
    of: String,
    name: String,
    /// The fields of its orders.
    fields: Vec<String>,
    /// Whether an order says where NULL is.
    has_nulls: bool,
}

fn name(of: &Value) -> String {
    of["name"].as_str().unwrap_or_default().to_owned()
}

fn all<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    of[field].as_array().into_iter().flatten()
}

async fn lists(app: &Router) -> Vec<List> {
    let query = "{ __schema { types { name inputFields { name } enumValues { name } \
                 fields { name args { name type { ofType { ofType { name } } } } } } } }";
    let schema = data(app, query).await["__schema"].take();
    let named = |ty: String| all(&schema, "types").find(|it| it["name"] == ty).unwrap();
    let mut lists = Vec::new();
    for ty in all(&schema, "types") {
        for field in all(ty, "fields") {
            if let Some(argument) = all(field, "args").find(|it| it["name"] == "orderBy") {
                let order = name(&argument["type"]["ofType"]["ofType"]);
                let fields = all(named(format!("{order}Field")), "enumValues").map(name).collect();
                let has_nulls = all(named(order), "inputFields").any(|it| it["name"] == "nulls");
                lists.push(List { of: name(ty), name: name(field), fields, has_nulls });
            }
        }
    }
    lists
}

async fn data(app: &Router, query: &str) -> Value {
    let mut answer: Value = serde_json::from_str(&ask(app, json!({ "query": query })).await).unwrap();
    assert_eq!(answer.get("errors"), None, "{query}");
    answer["data"].take()
}

/// The text around the list's fields, at `LIST`: that of the root, or of the parent with the most children.
async fn around(app: &Router, List { of, name, .. }: &List) -> String {
    let root = match &**of {
        "Query" => return "{ LIST }".to_owned(),
        "Category" => "categories".to_owned(),
        _ => format!("{}{}s", of[..1].to_lowercase(), &of[1..]),
    };
    let parents = data(app, &format!("{{ {root} {{ nodes {{ id {name}Count }} }} }}")).await;
    let most = all(&parents[&root], "nodes").max_by_key(|parent| parent[format!("{name}Count")].as_i64()).unwrap();
    format!("{{ node(id: {}) {{ ... on {of} {{ LIST }} }} }}", most["id"])
}

/// The ids of the pages of two from both ends of the list, in each of these orders.
async fn walk(app: &Router, around: &str, list: &str, orders: &[String]) -> Vec<Vec<String>> {
    let ends = [["first", "after", "endCursor", "hasNextPage"], ["last", "before", "startCursor", "hasPreviousPage"]];
    let walks: Vec<_> = orders.iter().flat_map(|order| ends.map(|end| (order, end))).collect();
    let mut walked = vec![Vec::new(); walks.len()];
    let mut cursors = vec![Some(Value::Null); walks.len()];
    while cursors.iter().any(Option::is_some) {
        let fields = walks.iter().enumerate().filter_map(|(index, (order, [size, from, cursor, more]))| {
            let at = cursors[index].as_ref()?;
            let arguments = format!("{size}: 2, {from}: {at}, orderBy: {order}");
            Some(format!("w{index}: {list}({arguments}) {{ nodes {{ id }} pageInfo {{ {cursor} {more} }} }}"))
        });
        let fields: String = fields.collect();
        let answer = data(app, &around.replace("LIST", &fields)).await;
        for (index, (_, [size, _, cursor, more])) in walks.iter().enumerate() {
            let page = answer.get("node").unwrap_or(&answer).get(format!("w{index}"));
            let Some(page) = page else { continue };
            let mut ids: Vec<_> = all(page, "nodes").map(|node| node["id"].to_string()).collect();
            if *size == "last" {
                ids.reverse();
            }
            walked[index].extend(ids);
            cursors[index] = (page["pageInfo"][more] == true).then(|| page["pageInfo"][cursor].clone());
        }
    }
    walked
}

#[tokio::test]
async fn pages_of_each_order_of_each_list_meet_each_row_once_in_both_directions() {
    let shop = shop().await;
    let mut count = 0;
    for list in lists(&shop.all[0]).await {
        let around = around(&shop.all[0], &list).await;
        let nulls: &[_] = if list.has_nulls { &["", "nulls: FIRST"] } else { &[""] };
        for field in &list.fields {
            let of = |direction, nulls| format!("{{ field: {field}, direction: {direction}, {nulls} }}");
            let orders: Vec<_> = nulls.iter().flat_map(|nulls| ["ASC", "DESC"].map(|it| of(it, nulls))).collect();
            let mut found = Vec::new();
            for app in &shop.all {
                let query = around.replace("LIST", &format!("{} {{ nodes {{ id }} }}", list.name));
                let rows = data(app, &query).await;
                let rows = all(&rows.get("node").unwrap_or(&rows)[&list.name], "nodes").map(|it| it["id"].to_string());
                let rows: BTreeSet<_> = rows.collect();
                let mut walked = walk(app, &around, &list.name, &orders).await;
                for (walks, order) in walked.chunks_mut(2).zip(&orders) {
                    walks[1].reverse();
                    assert_eq!(walks[0], walks[1], "{}.{} {order}", list.of, list.name);
                    assert_eq!(walks[0].len(), rows.len(), "{}.{} {order}", list.of, list.name);
                    assert!(walks[0].iter().all(|id| rows.contains(id)), "{}.{} {order}", list.of, list.name);
                    count += 1;
                }
                found.push(walked);
            }
            assert!(found.iter().all(|it| *it == found[0]), "the databases disagree: {} {found:#?}", list.name);
        }
    }
    assert!(count > 400, "{count}");
}

/// What the names of orders by others' columns, and by numbers of others, have in them.
const OTHERS: [&str; 9] =
    ["_COUNT", "REFERRER_", "PARENT_", "PRODUCT_", "CATEGORY_", "RELATED_", "CUSTOMER_", "INVOICE_", "LINE_"];

/// Whether a plan sorts rows but those that are equal by what an index has, and those of a page of each part of a list.
fn sorts(plan: &[&str]) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    plan.iter().enumerate().any(|(at, line)| {
        let mut below = plan[at + 1..].iter().take_while(|other| indent(other) > indent(line));
        let on_postgres = line.trim_start_matches([' ', '-', '>']).starts_with("Sort  (");
        let on_sqlite = line.starts_with("USE TEMP B-TREE FOR ORDER BY");
        on_postgres && !below.any(|line| line.contains("Limit  (")) || on_sqlite && plan[at - 1] != "SCAN part"
    })
}

#[tokio::test]
async fn each_order_by_a_column_of_its_own_has_an_index() {
    let shop = shop().await;
    let mut without = String::new();
    for list in lists(&shop.all[0]).await.into_iter().filter(|list| list.of == "Query") {
        let own = list.fields.iter().filter(|field| !OTHERS.iter().any(|other| field.contains(other)));
        for (field, direction) in own.flat_map(|field| ["ASC", "DESC"].map(|it| (field, it))) {
            for (app, database) in shop.all.iter().zip(["SQLite", "PostgreSQL"]) {
                let order = format!("{{ field: {field}, direction: {direction} }}");
                let query = format!("{{ {}(first: 2, orderBy: {order}) {{ nodes {{ id }} }} }}", list.name);
                let request = json!({ "query": query, "extensions": { "dovetail": { "explain": true } } });
                let answer: Value = serde_json::from_str(&ask(app, request).await).unwrap();
                let plan = answer["extensions"]["dovetail"]["sql"][0]["plan"].as_array().expect("a plan");
                if sorts(&plan.iter().filter_map(Value::as_str).collect::<Vec<_>>()) {
                    without += &format!("{database}: {} by {field}, {direction}\n", list.name);
                }
            }
        }
    }
    assert_eq!(without, "");
}
