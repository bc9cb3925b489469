//! How much an operation may ask: one walk over its normal form, before anything runs.
//!
//! Its cost: a list costs the size of its page times what lies under it; any other relation, and any other field of a root,
//! costs what lies under it; ten fields of one object that have nothing under them cost 1; the number of a list's items costs 1;
//! and what would cost nothing, but is a list or a relation, costs 1. To that comes what it costs to find a list's items: [`search`]. What lies side by side is
//! added up. So `{ users(first: 50) { nodes { posts { nodes { owner {
//! name } } } } } }` costs 50 × 20 × 1.

use std::collections::HashMap;

use async_graphql::{Name, ServerError, Value, Variables};
use async_graphql_value::Value as Given;

use super::{
    excess::{at_most, too_complex},
    front::Definitions,
    normal::{Field, Form, Selections, Size},
    search::{self, Search},
};
use crate::config::limits::ApiLimits;

/// How many lists of an introspection may be nested: the standard query has two (`fields { args … }`,
/// `possibleTypes`), and more make answers that grow with a power of the schema. As GraphQL.js has it
/// (`MaxIntrospectionDepthRule`).
const INTROSPECTION_LISTS: usize = 2;

/// How many fields that have nothing under them cost as much as a row.
const FIELDS_A_COST: u64 = 10;

/// What an operation comes to.
pub struct Measure {
    /// What it costs.
    pub cost: u64,
    /// Whether it asks about the schema.
    pub introspects: bool,
    /// How many values its variables have, each as often as arguments name it.
    pub values: u64,
}

/// Refuses an operation that asks for more than is allowed.
pub fn measure(
    form: &Form,
    variables: &Variables,
    limits: &ApiLimits,
    schema: &Definitions,
) -> Result<Measure, ServerError> {
    let weights: HashMap<_, _> = variables.iter().map(|(name, value)| (name, Weight::of(value))).collect();
    let mut walk = Walk { variables, weights, limits, schema, values: 0, introspects: false };
    let allowed = &limits.document;
    let extent = walk.object(&form.fields, None)?;
    let what = "the document spreads to";
    at_most(extent.fields, allowed.tokens, what, "fields", "--max-document-tokens")?;
    let Weight { bytes, values, text, items } = extent.given;
    at_most(text, allowed.text_bytes, "a text in an argument has", "bytes", "--max-text-bytes")?;
    at_most(bytes, allowed.argument_bytes, "the variables in arguments have", "bytes", "--max-argument-bytes")?;
    at_most(items, allowed.list_items, "a list in an argument has", "items", "--max-list-items")?;
    at_most(extent.aliases, allowed.aliases, "the operation has", "aliases", "--max-aliases")?;
    at_most(extent.depth, allowed.depth, "the document is", "fields deep", "--max-depth")?;
    let roots = form.fields.iter().map(|field| field.times).sum();
    at_most(roots, allowed.root_fields, "the operation has", "root fields", "--max-root-fields")?;
    let cost = extent.cost();
    if cost > allowed.cost {
        let most = allowed.cost;
        return Err(too_complex(format!(
            "the operation costs {cost} by its pages, filters and orders; allowed are {most} (`--max-cost`)"
        )));
    }
    Ok(Measure { cost, introspects: walk.introspects, values })
}

/// What is selected of one object. Counts that no number can hold stay at the greatest.
#[derive(Clone, Copy, Default)]
struct Extent {
    /// What its lists and relations cost.
    relations: u64,
    /// Its fields that have nothing under them.
    leaves: u64,
    /// All fields that the form has, here and below.
    fields: u64,
    /// What is given in their arguments.
    given: Weight,
    aliases: u64,
    /// Fields below one another; introspection is left out.
    depth: u64,
}

impl Extent {
    fn cost(&self) -> u64 {
        self.relations.saturating_add(self.leaves / FIELDS_A_COST)
    }
}

struct Walk<'a> {
    variables: &'a Variables,
    /// What each variable's value comes to.
    weights: HashMap<&'a Name, Weight>,
    limits: &'a ApiLimits,
    schema: &'a Definitions,
    /// How many values of variables there are so far.
    values: u64,
    introspects: bool,
}

/// What values come to.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// The bytes that values of variables have at least, as JSON.
    bytes: u64,
    /// How many values of variables there are: items of lists and fields of objects too.
    values: u64,
    /// The bytes of the longest text.
    text: u64,
    /// The items of the longest list.
    items: u64,
}

impl Weight {
    fn of(value: &Value) -> Self {
        let one = Self { bytes: 1, values: 1, text: 0, items: 0 };
        match value {
            Value::String(text) => Self { bytes: text.len() as u64, text: text.len() as u64, ..one },
            Value::List(list) => {
                Self { bytes: list.len() as u64, items: list.len() as u64, ..one }.and(list.iter().map(Self::of))
            }
            Value::Object(fields) => {
                let names = fields.keys().map(|name| name.len() as u64 + 1).sum();
                Self { bytes: names, ..one }.and(fields.values().map(Self::of))
            }
            _ => one,
        }
    }

    fn and(self, others: impl IntoIterator<Item = Self>) -> Self {
        others.into_iter().fold(self, |sum, other| Self {
            bytes: sum.bytes.saturating_add(other.bytes),
            values: sum.values.saturating_add(other.values),
            text: sum.text.max(other.text),
            items: sum.items.max(other.items),
        })
    }
}

impl Walk<'_> {
    /// What a value comes to with those of its variables.
    fn given(&self, given: &Given) -> Weight {
        match given {
            Given::Variable(name) => self.weights.get(name).copied().unwrap_or_default(),
            Given::List(list) => {
                Weight { items: list.len() as u64, ..Weight::default() }.and(list.iter().map(|item| self.given(item)))
            }
            Given::Object(fields) => Weight::default().and(fields.values().map(|field| self.given(field))),
            Given::String(text) => Weight { text: text.len() as u64, ..Weight::default() },
            _ => Weight::default(),
        }
    }

    /// What is selected of an object. `lists`: how many lists of an introspection it is in; `None` outside of one.
    fn object(&mut self, fields: &[Field], lists: Option<usize>) -> Result<Extent, ServerError> {
        let mut extent = Extent::default();
        for field in fields {
            let of_field = self.field(field, lists)?;
            extent.relations = extent.relations.saturating_add(of_field.relations);
            extent.leaves += of_field.leaves;
            extent.fields = extent.fields.saturating_add(of_field.fields);
            extent.given = extent.given.and([of_field.given]);
            extent.aliases += of_field.aliases;
            extent.depth = extent.depth.max(of_field.depth);
        }
        Ok(extent)
    }

    /// The same of an object whose type is known later: of each count the greatest, but the sum of what the form has.
    fn selections(&mut self, selections: &Selections, lists: Option<usize>) -> Result<Extent, ServerError> {
        match selections {
            Selections::Fields(fields) => self.object(fields, lists),
            Selections::ByType(types) => {
                let mut most = Extent::default();
                for (_, fields) in types {
                    let of_type = self.object(fields, lists)?;
                    most = Extent {
                        relations: most.relations.max(of_type.relations),
                        leaves: most.leaves.max(of_type.leaves),
                        fields: most.fields.saturating_add(of_type.fields),
                        given: most.given.and([of_type.given]),
                        aliases: most.aliases.max(of_type.aliases),
                        depth: most.depth.max(of_type.depth),
                    };
                }
                Ok(most)
            }
        }
    }

    fn field(&mut self, field: &Field, lists: Option<usize>) -> Result<Extent, ServerError> {
        let introspects = lists.is_none() && matches!(&*field.name, "__schema" | "__type");
        self.introspects |= introspects;
        let lists = match (lists, &*field.name) {
            (Some(lists), "fields" | "interfaces" | "possibleTypes" | "inputFields") => Some(lists + 1),
            (None, _) if introspects => Some(0),
            (lists, _) => lists,
        };
        if lists > Some(INTROSPECTION_LISTS) {
            let name = &field.name;
            return Err(too_complex(format!(
                "`{name}` nests more lists of an introspection than are allowed: {INTROSPECTION_LISTS}"
            )));
        }
        let below = self.selections(&field.below, lists)?;
        let is_leaf = below.fields == 0;
        let times = match field.size {
            Size::Count => 1,
            _ if is_leaf => 0,
            Size::Part | Size::One => 1,
            Size::Page => self.page(field),
            Size::Ids => self.ids(field),
        };
        let under = match field.size {
            Size::Part => below.cost(),
            _ => below.cost().max(1),
        };
        let relations = times.max(u64::from(!is_leaf)).saturating_mul(under);
        let given = Weight::default().and(field.arguments.iter().map(|(.., given)| self.given(given)));
        // Before any of them is copied.
        self.values = self.values.saturating_add(given.values);
        let most = self.limits.document.variable_values;
        at_most(self.values, most, "the variables in arguments have", "values", "--max-variable-values")?;
        Ok(Extent {
            relations: relations.saturating_add(self.search(field)?),
            leaves: is_leaf.into(),
            fields: below.fields.saturating_add(1),
            given: below.given.and([given]),
            aliases: below.aliases + u64::from(field.has_alias()),
            depth: if introspects { 0 } else { below.depth + 1 },
        })
    }

    /// What it costs to find a list's items.
    fn search(&self, field: &Field) -> Result<u64, ServerError> {
        let order = field.argument("orderBy", self.variables).map_or(0, |order| search::order(&order));
        let Some(ty) = &field.filter else { return Ok(order) };
        let filter = field.argument("filter", self.variables).unwrap_or_default();
        let Search { conditions, cost } = Search::of(&filter, ty, self.schema);
        let (name, most) = (&field.name, self.limits.filter.conditions);
        let holder = format!("the filter of `{name}` has");
        at_most(conditions, most, &holder, "conditions", "--max-filter-conditions")?;
        Ok(order.saturating_add(cost))
    }

    /// How many objects the argument `ids` names.
    fn ids(&self, field: &Field) -> u64 {
        let given = field.arguments.iter().find(|(name, ..)| name == "ids").map(|(.., given)| given);
        match given {
            Some(Given::List(ids)) => ids.len() as u64,
            Some(Given::Variable(name)) => match self.variables.get(name) {
                Some(Value::List(ids)) => ids.len() as u64,
                _ => 1,
            },
            _ => 1,
        }
    }

    /// The size of a list's page. One that is not allowed is refused later, and counts as the largest here.
    fn page(&self, field: &Field) -> u64 {
        let sizes = self.limits.page_size;
        let mut given = ["first", "last"].into_iter().filter_map(|name| field.argument(name, self.variables));
        match given.find(|size| *size != Value::Null) {
            None => sizes.default,
            Some(Value::Number(size)) => size.as_u64().map_or(sizes.max, |size| size.min(sizes.max)),
            Some(_) => sizes.max,
        }
    }
}
