//! A query: its tree, what is to be executed of it, and its variables.

mod text;

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value as Json, json};

#[derive(Clone, Debug, Default)]
pub struct Query {
    pub selections: Vec<Selection>,
    pub fragments: Vec<Fragment>,
}

#[derive(Clone, Debug)]
pub enum Selection {
    Field(Field),
    Inline(Inline),
    /// The fragment with this index.
    Spread(usize, Option<Directive>),
}

#[derive(Clone, Debug, Default)]
pub struct Field {
    pub alias: Option<String>,
    pub name: String,
    /// The type that it is a field of.
    pub parent: String,
    /// The name of its own type.
    pub ty: String,
    pub arguments: Vec<(String, Value)>,
    pub directive: Option<Directive>,
    pub selections: Vec<Selection>,
    /// Its number in [`Query::expanded`].
    pub position: usize,
}

#[derive(Clone, Debug)]
pub struct Inline {
    pub on: Option<String>,
    pub directive: Option<Directive>,
    pub selections: Vec<Selection>,
}

#[derive(Clone, Debug)]
pub struct Fragment {
    pub on: String,
    pub selections: Vec<Selection>,
}

#[derive(Clone, Debug)]
pub struct Directive {
    pub include: bool,
    pub condition: Value,
}

#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Int(u64),
    Text(String),
    /// An id that is written as a number.
    Key(i64),
    /// Of any other scalar.
    Scalar(Json),
    Enum(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    Variable(Box<Variable>),
    Cursor(Cursor),
}

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    /// As the query declares it.
    pub ty: String,
    pub value: Value,
    /// A variable without a value is left out, as is what it stands for.
    pub left_out: bool,
}

#[derive(Clone, Debug)]
pub enum Cursor {
    /// Of some row of the list.
    Pick(usize),
    /// Of the row with this id.
    Of { row: String, text: String },
}

impl Directive {
    fn holds(&self) -> bool {
        matches!(self.condition.plain(), Value::Bool(condition) if *condition == self.include)
    }
}

impl Value {
    /// The value that it stands for, if it is a variable.
    pub fn plain(&self) -> &Self {
        match self {
            Self::Variable(variable) => variable.value.plain(),
            value => value,
        }
    }

    pub fn text(&self) -> Cow<'_, str> {
        match self.plain() {
            Self::Text(text) | Self::Enum(text) => text.into(),
            Self::Key(key) => key.to_string().into(),
            other => panic!("{other:?} is not a text"),
        }
    }

    pub fn is_true(&self) -> bool {
        matches!(self.plain(), Self::Bool(true))
    }

    /// The items of a list; a value that is none is a list of one.
    pub fn items(&self) -> Vec<&Self> {
        match self.plain() {
            Self::List(items) => items.iter().map(Self::plain).collect(),
            one => vec![one],
        }
    }

    /// What is given in an input object: nothing that is `null`.
    pub fn given(&self) -> Vec<(&str, &Self)> {
        match self.plain() {
            Self::Object(fields) => given(fields).collect(),
            other => panic!("{other:?} is not an input object"),
        }
    }

    pub fn to_json(&self) -> Json {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Null => Json::Null,
            Self::Key(key) => json!(key),
            Self::Cursor(Cursor::Pick(number)) => json!(format!("<cursor {number}>")),
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Text(text) | Self::Enum(text) | Self::Cursor(Cursor::Of { text, .. }) => json!(text),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect(),
            Self::Variable(variable) => variable.value.to_json(),
        }
    }

    fn variables<'a>(&'a self, found: &mut BTreeMap<&'a str, &'a Variable>) {
        match self {
            Self::List(items) => items.iter().for_each(|item| item.variables(found)),
            Self::Object(fields) => fields.iter().for_each(|(_, value)| value.variables(found)),
            Self::Variable(variable) => _ = found.insert(&variable.name, variable),
            _ => {}
        }
    }
}

/// What is given of arguments: nothing that is `null`.
pub fn given(values: &[(String, Value)]) -> impl Iterator<Item = (&str, &Value)> {
    let plain = values.iter().map(|(name, value)| (name.as_str(), value.plain()));
    plain.filter(|(_, value)| !matches!(value, Value::Null))
}

impl Field {
    /// The field `name` of the type `parent`, whose own type is `ty`.
    pub fn new(parent: &str, name: &str, ty: &str) -> Self {
        Self { name: name.to_owned(), parent: parent.to_owned(), ty: ty.to_owned(), ..Self::default() }
    }

    /// The name that the answer has it under.
    pub fn key(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }

    /// What is given as an argument; not `null`.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        given(&self.arguments).find(|(argument, _)| *argument == name).map(|(_, value)| value)
    }
}

impl Selection {
    fn directive(&self) -> Option<&Directive> {
        match self {
            Self::Field(Field { directive, .. })
            | Self::Inline(Inline { directive, .. })
            | Self::Spread(_, directive) => directive.as_ref(),
        }
    }
}

impl Query {
    /// What is to be executed: fragments stand where they are spread, what a directive excludes is gone, and each field
    /// has a number of its own.
    pub fn expanded(&self) -> Vec<Selection> {
        self.expand(&self.selections, &mut 0)
    }

    fn expand(&self, selections: &[Selection], next: &mut usize) -> Vec<Selection> {
        let included = selections.iter().filter(|selection| selection.directive().is_none_or(Directive::holds));
        let expand = |selection: &Selection| match selection {
            Selection::Field(field) => {
                *next += 1;
                let position = *next;
                Selection::Field(Field { position, selections: self.expand(&field.selections, next), ..field.clone() })
            }
            Selection::Inline(inline) => {
                Selection::Inline(Inline { selections: self.expand(&inline.selections, next), ..inline.clone() })
            }
            Selection::Spread(index, _) => {
                let Fragment { on, selections } = &self.fragments[*index];
                let selections = self.expand(selections, next);
                Selection::Inline(Inline { on: Some(on.clone()), directive: None, selections })
            }
        };
        included.map(expand).collect()
    }

    /// Every field of the text, once, in its order.
    pub fn each_field(&mut self, visit: &mut impl FnMut(&mut Field)) {
        each_field(&mut self.selections, visit);
        self.fragments.iter_mut().for_each(|fragment| each_field(&mut fragment.selections, visit));
    }

    pub fn variables(&self) -> Json {
        let given = self.declared().into_values().filter(|variable| !variable.left_out);
        Json::Object(given.map(|variable| (variable.name.clone(), variable.value.to_json())).collect::<Map<_, _>>())
    }

    fn declared(&self) -> BTreeMap<&str, &Variable> {
        let mut found = BTreeMap::new();
        declared(&self.selections, &mut found);
        self.fragments.iter().for_each(|fragment| declared(&fragment.selections, &mut found));
        found
    }
}

fn each_field(selections: &mut [Selection], visit: &mut impl FnMut(&mut Field)) {
    for selection in selections {
        match selection {
            Selection::Field(field) => {
                visit(field);
                each_field(&mut field.selections, visit);
            }
            Selection::Inline(inline) => each_field(&mut inline.selections, visit),
            Selection::Spread(..) => {}
        }
    }
}

fn declared<'a>(selections: &'a [Selection], found: &mut BTreeMap<&'a str, &'a Variable>) {
    for selection in selections {
        if let Some(directive) = selection.directive() {
            directive.condition.variables(found);
        }
        match selection {
            Selection::Field(field) => {
                field.arguments.iter().for_each(|(_, value)| value.variables(found));
                declared(&field.selections, found);
            }
            Selection::Inline(inline) => declared(&inline.selections, found),
            Selection::Spread(..) => {}
        }
    }
}
