//! Random arguments, of any input type.

use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind};
use proptest::{collection::vec, prelude::*};
use serde_json::Value as Json;

use super::{
    super::{
        draw::{sought, texts},
        query::{Cursor, Value, Variable},
        schema::named,
    },
    Builder, pick,
};

/// The most conditions in a filter, and-or-nots in one another, and relations in one another.
const CONDITIONS: usize = 20;
const NESTING: usize = 3;
const RELATIONS: usize = 2;

/// A value not yet of any type.
#[derive(Clone, Debug, Default)]
pub struct ValueDraft {
    /// Which argument or which field of an input object it is for.
    pub pick: usize,
    value: usize,
    pub variable: bool,
    inner: Vec<ValueDraft>,
}

pub fn draft(levels: usize) -> BoxedStrategy<ValueDraft> {
    let inner = if levels == 0 {
        Just(Vec::new()).boxed()
    } else {
        prop_oneof![Just(Vec::new()), vec(draft(levels - 1), 1..3)].boxed()
    };
    (0..1_000usize, 0..1_000_000usize, prop::bool::weighted(0.15), inner)
        .prop_map(|(pick, value, variable, inner)| ValueDraft { pick, value, variable, inner })
        .boxed()
}

/// Where a value stands.
#[derive(Clone, Default)]
struct Place {
    /// The types that an id may be of.
    types: Vec<String>,
    /// Whether an id may leave out its type.
    bare: bool,
    /// Whether a text is a cursor.
    cursor: bool,
    /// Whether a variable holds it, in which there are no further ones.
    in_variable: bool,
    /// The filter of rows that it is in.
    filter: Option<String>,
    nesting: usize,
    relations: usize,
}

impl Place {
    /// The type whose rows are filtered.
    fn of(&self) -> Option<&str> {
        self.filter.as_deref()?.strip_suffix("Filter")
    }
}

impl ValueDraft {
    /// A draft for something that has none of its own.
    fn derived(&self, by: usize) -> Self {
        Self { pick: self.pick, value: self.value / by.max(1), ..Self::default() }
    }
}

impl Builder<'_> {
    /// Arguments of a field: those that the drafts pick, and those that it needs.
    pub(super) fn arguments(
        &mut self,
        field: &FieldDefinition,
        drafts: &[ValueDraft],
        number: usize,
    ) -> Vec<(String, Value)> {
        let mut given: Vec<(String, Value)> = Vec::new();
        for (index, argument) in field.arguments.iter().enumerate() {
            let (name, ty) = (&*argument.node.name.node, &argument.node.ty.node);
            let drafted = drafts.iter().find(|draft| draft.pick % field.arguments.len() == index);
            let fallback = ValueDraft { value: number * 7 + index, ..ValueDraft::default() };
            let needed = !ty.nullable && argument.node.default_value.is_none();
            let Some(draft) = drafted.or(needed.then_some(&fallback)) else { continue };
            // A page is counted from one end.
            if name == "last" && given.iter().any(|(other, _)| other == "first") {
                continue;
            }
            let result = named(&field.ty.node);
            let place = Place {
                types: self.id_types(result, name),
                bare: !self.schema.is_interface(result),
                cursor: self.schema.is_connection(result) && matches!(name, "after" | "before"),
                ..Place::default()
            };
            self.conditions = 0;
            given.push((name.to_owned(), self.value(ty, draft, &place)));
        }
        given
    }

    pub(super) fn variable(&mut self, ty: String, value: Value) -> Value {
        let left_out = matches!(value, Value::Null) && self.names.is_multiple_of(2);
        Value::Variable(Box::new(Variable { name: self.name("v"), ty, value, left_out }))
    }

    fn value(&mut self, ty: &Type, draft: &ValueDraft, place: &Place) -> Value {
        if draft.variable && !place.in_variable {
            let value = self.literal(ty, draft, &Place { in_variable: true, ..place.clone() });
            return self.variable(ty.to_string(), value);
        }
        self.literal(ty, draft, place)
    }

    fn literal(&mut self, ty: &Type, draft: &ValueDraft, place: &Place) -> Value {
        if ty.nullable && draft.value % 16 == 15 {
            return Value::Null;
        }
        match &ty.base {
            BaseType::List(item) => {
                let drawn: Vec<_> = draft.inner.iter().map(|draft| self.value(item, draft, place)).collect();
                if drawn.is_empty() && draft.value % 4 != 3 {
                    return Value::List(vec![self.value(item, &draft.derived(4), place)]);
                }
                Value::List(drawn)
            }
            BaseType::Named(name) => match self.schema.kind(name) {
                Some(TypeKind::Enum(ty)) => Value::Enum(pick(&ty.values, draft.value).node.value.node.to_string()),
                Some(TypeKind::InputObject(_)) => self.object(name, draft, place),
                _ => self.scalar(name, draft, place),
            },
        }
    }

    fn object(&mut self, ty: &str, draft: &ValueDraft, place: &Place) -> Value {
        if ty == "JSONPathFilter" {
            return self.path(draft.value);
        }
        let mut place = place.clone();
        if self.schema.is_row_filter(ty) && place.filter.as_deref() != Some(ty) {
            place.filter = Some(ty.to_owned());
            place.types = place.of().into_iter().map(str::to_owned).collect();
            place.bare = true;
        }
        let fields = self.schema.input_fields(ty);
        let mut drafts: Vec<_> = draft.inner.iter().map(|draft| (draft.pick % fields.len(), draft.clone())).collect();
        if drafts.is_empty() && draft.value % 8 != 7 {
            // An empty object says little: most often it gets a field, in which there is no further object, if it can.
            let flat = |&index: &usize| {
                let ty = named(&fields[index].ty.node);
                self.schema.input_fields(ty).is_empty() || self.schema.is_flat_input(ty)
            };
            let (flat, all): (Vec<_>, Vec<_>) = ((0..fields.len()).filter(flat).collect(), (0..fields.len()).collect());
            let from = if flat.is_empty() { all } else { flat };
            drafts.push((pick(&from, draft.value / 8), draft.derived(8 * from.len())));
        }
        let mut given: Vec<(String, Value)> = Vec::new();
        for (index, field) in fields.into_iter().enumerate() {
            let (name, ty, inner) = (&*field.name.node, &field.ty.node, named(&field.ty.node));
            let mut place = place.clone();
            if let Some(filter) = &place.filter {
                // A relation can lead to the same type.
                let nests = inner == filter && ["and", "or", "not"].contains(&name);
                let is_object = !self.schema.input_fields(inner).is_empty();
                place.nesting += usize::from(nests);
                // `some` counts, and not what holds it; but where there may be no `some`, there is no holder.
                let leads_on = self.schema.is_row_filter(inner) && !nests;
                let holds_some = !self.schema.is_row_filter(inner) && is_object && !self.schema.is_flat_input(inner);
                place.relations += usize::from(leads_on || holds_some && place.relations == RELATIONS);
                self.conditions += usize::from(!is_object && drafts.iter().any(|it| it.0 == index));
            }
            let needed = !ty.nullable && field.default_value.is_none();
            let drafted = drafts.iter().find(|it| it.0 == index).map(|it| it.1.clone());
            let Some(draft) = drafted.or_else(|| needed.then(|| draft.derived(3))) else { continue };
            if place.nesting > NESTING || place.relations > RELATIONS || self.conditions > CONDITIONS {
                continue;
            }
            given.push((name.to_owned(), self.value(ty, &draft, &place)));
        }
        Value::Object(given)
    }

    fn scalar(&mut self, name: &str, draft: &ValueDraft, place: &Place) -> Value {
        let number = draft.value;
        match name {
            "Int" if place.filter.is_none() => Value::Int(pick(&[2, 1, 3, 4, 2, 1, 3, 0, 100], number)),
            "Boolean" => Value::Bool(number.is_multiple_of(2)),
            "String" if place.cursor => Value::Cursor(Cursor::Pick(number)),
            "String" => Value::Text(self.text(number, place)),
            "ID" => self.id(number, place),
            _ => {
                let had = self.data.had(place.of(), name);
                let from = if number.is_multiple_of(2) && !had.is_empty() { had } else { sought(name) };
                Value::Scalar(pick(&from, number / 2))
            }
        }
    }

    /// What some row has in a value of JSON, or anything, at a path that leads there, or anywhere.
    fn path(&self, number: usize) -> Value {
        let (mut found, mut path) =
            (pick(&[self.data.had(None, "JSON"), vec![Json::Null]].concat(), number / 4), Vec::new());
        while let Json::Object(fields) = &mut found
            && let Some(name) = fields.keys().nth(number % fields.len().max(1)).cloned()
        {
            found = fields.remove(&name).unwrap_or_default();
            path.push(Value::Text(name));
        }
        if path.is_empty() || number.is_multiple_of(8) {
            path.push(Value::Text(pick(&["a", "b", "1", ""], number / 8).to_owned()));
        }
        let is_sought = number.is_multiple_of(4) || found.is_object() || found.is_array();
        let value = if is_sought { pick(&sought("JSON"), number / 32) } else { found };
        Value::Object(vec![("path".to_owned(), Value::List(path)), ("eq".to_owned(), Value::Scalar(value))])
    }

    /// What some row has, a piece of that, or anything.
    fn text(&self, number: usize, place: &Place) -> String {
        let (how, number) = (number % 4, number / 4);
        let had = self.data.had(place.of(), "String");
        if how < 2 && !had.is_empty() {
            let value = pick(&had, number);
            let text = value.as_str().unwrap_or_default();
            return if how == 0 { text.to_owned() } else { text.chars().skip(number % 2).take(1).collect() };
        }
        let parts = ["", "%", "_", "\u{301}", "日", "x", "a%", "_b", "\\%", "xx", "\n"].map(str::to_owned);
        pick(&[texts(1), parts.into(), texts(100), texts(200)].concat(), number)
    }

    /// The id of a row, or now and then of none.
    fn id(&mut self, number: usize, place: &Place) -> Value {
        let ty = pick(&place.types, number / 16);
        let rows = self.data.all(&ty);
        let row = if rows.is_empty() { None } else { Some(pick(&rows.iter().collect::<Vec<_>>(), number / 16 / 8)) };
        let id = match row {
            Some(row) if number % 16 != 14 => row.id(),
            _ => self.data.nowhere(&ty),
        };
        self.named.clone_from(&ty);
        if place.bare && number % 16 > 10 {
            let key = &id[ty.len() + 1..];
            return match key.parse::<i64>() {
                Ok(number_of) if number % 16 == 11 && number_of.to_string() == key => Value::Key(number_of),
                _ => Value::Text(key.to_owned()),
            };
        }
        Value::Text(id)
    }

    /// The types that an id may be of: the one that its argument leads to, such as `studentId`, else those that the field has.
    fn id_types(&self, result: &str, argument: &str) -> Vec<String> {
        match self.data.told_by(result, argument) {
            Some(relation) => vec![relation.to.to_owned()],
            None => self.schema.possible(result).into_iter().map(str::to_owned).collect(),
        }
    }
}
