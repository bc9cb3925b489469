//! Why a mutation writes nothing: what a form shows, all of it at once, each with its place in the input.

use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ColumnType, DbErr, EntityName, EntityTrait, IdenStatic, Iterable, Value,
};

use super::{
    node::{Field, Node, Source},
    payload::{UserError, UserErrorCode},
};
use crate::{
    error::{Result, Taken, taken},
    kinds::{Kind, fits, is_storable, most_characters},
    loaders::{Table, key_columns},
};

/// The refusals found so far.
#[derive(Default)]
pub struct UserErrors(pub(super) Vec<UserError>);

impl UserErrors {
    /// Adds a refusal. `path` is the place in the input with dots between its parts, as in `posts.0.title`; empty, if it is the input.
    pub fn add(&mut self, code: UserErrorCode, path: &str, message: impl Into<String>) {
        let path = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        self.0.push(UserError { code, message: message.into(), path });
    }

    /// Adds what is wrong with the values that `row` would write, which stands at `path` in the input; empty, if it is the input.
    pub(super) fn check<N: Node>(&mut self, path: &str, row: &<N::Entity as EntityTrait>::ActiveModel) {
        for field in N::FIELDS {
            let Source::Column(column) = field.source else { continue };
            let ActiveValue::Set(value) = row.get(column) else { continue };
            let path = if path.is_empty() { field.name().into_owned() } else { format!("{path}.{}", field.name()) };
            let (kind, def) = (field.kind_of(column), column.def());
            match (&value, def.get_column_type()) {
                (Value::Array(_, Some(items)), ColumnType::Array(ty)) => {
                    let kind = kind.item().unwrap_or(kind);
                    items.iter().for_each(|item| self.check_value(&path, item, kind, ty, field.refuses_blank));
                }
                (value, ty) => self.check_value(&path, value, kind, ty, field.refuses_blank),
            }
        }
    }

    /// The same of a value of a column of this type.
    fn check_value(&mut self, path: &str, value: &Value, kind: Kind, ty: &ColumnType, refuses_blank: bool) {
        if let Err(problem) = fits(value, ty) {
            self.add(UserErrorCode::Invalid, path, problem);
        }
        let Value::String(Some(text)) = value else {
            if let Err(problem) = kind.ensure(value) {
                self.add(UserErrorCode::Invalid, path, problem);
            }
            return;
        };
        let most = most_characters(ty);
        let least = u32::from(refuses_blank);
        let allowed = most.map_or(String::new(), |most| format!("; allowed are {least} to {most} characters"));
        if refuses_blank && text.trim().is_empty() {
            self.add(UserErrorCode::Blank, path, format!("must not be blank{allowed}"));
        }
        let characters = text.chars().count();
        if let Some(most) = most.filter(|most| characters > *most as usize) {
            let problem = format!("has {characters} characters; allowed are {least} to {most}");
            self.add(UserErrorCode::TooLong, path, problem);
        }
        if !is_storable(text) {
            self.add(UserErrorCode::Invalid, path, "must not contain the character U+0000");
        }
    }

    /// Adds that the object with this key does not exist.
    pub fn not_found<N: Node>(&mut self, path: &str, key: <N::Entity as Table>::Key) {
        self.add(UserErrorCode::NotFound, path, format!("{} does not exist", N::global_id(key).as_str()));
    }

    /// Adds that another object has values that are unique, if the database refused to write these columns for that.
    ///
    /// # Errors
    /// It refused them for something else: also for a key that it makes itself, or for what a trigger writes elsewhere.
    pub(super) fn taken<N: Node>(&mut self, error: DbErr, written: &[&str]) -> Result<()> {
        let Some(Taken { table, columns }) = taken(&error) else { return Err(error.into()) };
        let of_entity: Vec<_> = <N::Entity as EntityTrait>::Column::iter()
            .map(|column| column.as_str())
            .filter(|name| columns.iter().any(|it| it == name))
            .collect();
        let (given, made): (Vec<_>, Vec<_>) = of_entity.iter().copied().partition(|name| written.contains(name));
        // A partition has another name, and the same columns.
        let is_elsewhere =
            table.is_some_and(|it| it != N::Entity::default().table_name()) && of_entity.len() < columns.len();
        let is_by_key = key_columns::<N::Entity>().any(|key| made.contains(&key.as_str()));
        if is_elsewhere || is_by_key || (given.is_empty() && !made.is_empty()) {
            return Err(error.into());
        }
        let path = match *given {
            [column] => N::FIELDS.iter().find(|field| field.is_written_as(column)).map(Field::name),
            _ => None,
        };
        let problem = format!("another {} has this already", N::TYPE);
        self.add(UserErrorCode::AlreadyExists, &path.unwrap_or_default(), problem);
        Ok(())
    }

    /// Whether the mutation must write nothing.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}
