//! A query as GraphQL's text, on one line.

use std::fmt::{Display, Formatter, Result, Write};

use super::{Directive, Field, Inline, Query, Selection, Value};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let variables: Vec<_> = self.declared().into_values().map(|it| format!("${}: {}", it.name, it.ty)).collect();
        if !variables.is_empty() {
            write!(f, "query({}) ", variables.join(", "))?;
        }
        block(f, &self.selections)?;
        for (index, fragment) in self.fragments.iter().enumerate() {
            write!(f, " fragment F{index} on {} ", fragment.on)?;
            block(f, &fragment.selections)?;
        }
        Ok(())
    }
}

fn block(f: &mut Formatter<'_>, selections: &[Selection]) -> Result {
    f.write_str("{")?;
    for selection in selections {
        write!(f, " {selection}")?;
    }
    f.write_str(" }")
}

impl Display for Selection {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Field(Field { alias: Some(alias), name, .. }) => write!(f, "{alias}: {name}")?,
            Self::Field(field) => f.write_str(&field.name)?,
            Self::Inline(Inline { on: Some(on), .. }) => write!(f, "... on {on}")?,
            Self::Inline(_) => f.write_str("...")?,
            Self::Spread(index, _) => write!(f, "...F{index}")?,
        }
        if let Self::Field(Field { arguments, .. }) = self
            && !arguments.is_empty()
        {
            write!(f, "({})", pairs(arguments))?;
        }
        if let Some(Directive { include, condition }) = self.directive() {
            write!(f, " @{}(if: {condition})", if *include { "include" } else { "skip" })?;
        }
        match self {
            Self::Field(Field { selections, .. }) | Self::Inline(Inline { selections, .. })
                if !selections.is_empty() =>
            {
                f.write_char(' ')?;
                block(f, selections)
            }
            _ => Ok(()),
        }
    }
}

fn pairs(values: &[(String, Value)]) -> String {
    values.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Enum(name) => f.write_str(name),
            Self::List(items) => {
                write!(f, "[{}]", items.iter().map(Self::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Object(fields) => write!(f, "{{ {} }}", pairs(fields)),
            Self::Variable(variable) => write!(f, "${}", variable.name),
            // GraphQL's literals are JSON's.
            scalar => write!(f, "{}", scalar.to_json()),
        }
    }
}
