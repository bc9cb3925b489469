//! The same rows as the reference reads them: by the names that the API has for their types, columns and relations.

use std::collections::BTreeMap;

use sea_orm::prelude::DateTimeUtc;
use serde_json::json;

use super::{json::Json, rows::Rows};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scalar {
    Number(i64),
    Text(String),
    Moment(DateTimeUtc),
}

impl Scalar {
    pub fn to_json(&self) -> Json {
        Json::Scalar(match self {
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::Moment(moment) => json!(moment.to_rfc3339()),
        })
    }
}

#[derive(Debug)]
pub struct Row {
    pub ty: &'static str,
    pub key: Vec<i64>,
    pub columns: BTreeMap<&'static str, Scalar>,
    /// The to-one relations: their names, and the type and key of what they lead to.
    pub parents: BTreeMap<&'static str, (&'static str, i64)>,
}

impl Row {
    pub fn id(&self) -> String {
        self.key.iter().fold(self.ty.to_owned(), |id, part| format!("{id}:{part}"))
    }
}

/// A row in a list, with the join table's row that put it there.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub row: &'a Row,
    pub link: Option<&'a Row>,
}

/// The to-many relations: the type that has it, its name, the type whose rows tell the parent, the name they have for
/// it, and the name they have for the child if they are a join table's.
const TO_MANY: [(&str, &str, &str, &str, Option<&str>); 5] = [
    ("User", "posts", "Post", "owner", None),
    ("Student", "courses", "Enrollment", "student", Some("course")),
    ("Course", "students", "Enrollment", "course", Some("student")),
    ("Student", "enrollments", "Enrollment", "student", None),
    ("Course", "enrollments", "Enrollment", "course", None),
];

/// All rows, each type's in the order of their keys.
#[derive(Debug, Default)]
pub struct Data(BTreeMap<&'static str, Vec<Row>>);

impl Data {
    pub fn new(rows: &Rows) -> Self {
        let mut data = Self::default();
        for it in &rows.users {
            data.add("User", &[it.id], vec![("name", text(&it.name))], &[], Some((it.created_at, it.updated_at)));
        }
        for it in &rows.posts {
            let columns = vec![("title", text(&it.title)), ("content", text(&it.content))];
            let moments = Some((it.created_at, it.updated_at));
            data.add("Post", &[it.id], columns, &[("owner", "User", it.owner_id)], moments);
        }
        for it in &rows.students {
            data.add("Student", &[it.id], vec![("name", text(&it.name))], &[], Some((it.created_at, it.updated_at)));
        }
        for it in &rows.courses {
            data.add("Course", &[it.id], vec![("title", text(&it.title))], &[], Some((it.created_at, it.updated_at)));
        }
        for it in &rows.enrollments {
            let parents = [("student", "Student", it.student_id), ("course", "Course", it.course_id)];
            let columns = vec![("enrolledAt", Scalar::Moment(it.enrolled_at))];
            data.add("Enrollment", &[it.student_id, it.course_id], columns, &parents, None);
        }
        data.0.values_mut().for_each(|rows| rows.sort_by(|a, b| a.key.cmp(&b.key)));
        data
    }

    fn add(
        &mut self,
        ty: &'static str,
        key: &[i64],
        mut columns: Vec<(&'static str, Scalar)>,
        parents: &[(&'static str, &'static str, i64)],
        moments: Option<(DateTimeUtc, DateTimeUtc)>,
    ) {
        if let Some((created, updated)) = moments {
            columns.extend([("createdAt", Scalar::Moment(created)), ("updatedAt", Scalar::Moment(updated))]);
        }
        let parents = parents.iter().map(|&(name, ty, key)| (name, (ty, key))).collect();
        let row = Row { ty, key: key.to_vec(), columns: columns.into_iter().collect(), parents };
        self.0.entry(ty).or_default().push(row);
    }

    pub fn all(&self, ty: &str) -> &[Row] {
        self.0.get(ty).map_or(&[], Vec::as_slice)
    }

    /// The texts that rows have, long ones apart.
    pub fn texts(&self) -> Vec<&str> {
        let columns = self.0.values().flatten().flat_map(|row| row.columns.values());
        let texts = columns.filter_map(|column| match column {
            Scalar::Text(text) if text.len() < 1_000 => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The row of this type with this key.
    pub fn find(&self, ty: &str, key: &[i64]) -> Option<&Row> {
        self.all(ty).iter().find(|row| row.key == key)
    }

    /// What a to-one relation leads to.
    pub fn parent(&self, row: &Row, relation: &str) -> Option<&Row> {
        let (ty, key) = row.parents.get(relation)?;
        self.find(ty, &[*key])
    }

    /// What a to-many relation leads to, in the order of the children's keys.
    pub fn children(&self, row: &Row, relation: &str) -> Option<Vec<Item<'_>>> {
        let &(_, _, table, parent, child) = TO_MANY.iter().find(|it| it.0 == row.ty && it.1 == relation)?;
        let told = self.all(table).iter().filter(|it| [it.parents[parent].1] == row.key[..]);
        let mut items: Vec<_> = told
            .map(|row| match child {
                None => Item { row, link: None },
                Some(child) => Item { row: self.parent(row, child).unwrap(), link: Some(row) },
            })
            .collect();
        items.sort_by(|a, b| a.row.key.cmp(&b.row.key));
        Some(items)
    }
}

/// The key in an id such as `User:5`, or in a bare `5`; and the type that it names.
pub fn key_of(id: &str) -> (Option<&str>, Vec<i64>) {
    let mut parts = id.split(':').peekable();
    let ty = parts.next_if(|part| part.parse::<i64>().is_err());
    (ty, parts.map(|part| part.parse().unwrap()).collect())
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}
