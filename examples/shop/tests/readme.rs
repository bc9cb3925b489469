//! The examples of the README.

use crate::support::shop;

#[tokio::test]
async fn the_answers_of_the_readme_are_the_demos() {
    let readme = include_str!("../README.md");
    let tour = readme.split_once("## The shop").unwrap().1;
    let examples: Vec<_> =
        tour.split("```graphql\n").skip(1).filter_map(|rest| rest.split_once("```\n\n```json\n")).collect();
    assert!(examples.len() >= 8, "{} examples", examples.len());
    for (query, rest) in examples {
        // A mutation changes what the next example reads.
        assert_eq!(shop().await.query(query).await, rest.split_once("\n```").unwrap().0, "{query}");
    }
}
