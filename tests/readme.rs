use dovetail::seed::DEMO;

use crate::support::{PAGES, seeded};

#[tokio::test]
async fn the_readmes_answers_are_the_demos() {
    let readme = include_str!("../README.md");
    let examples: Vec<_> =
        readme.split("```graphql\n").skip(1).filter_map(|rest| rest.split_once("```\n\n```json\n")).collect();
    assert!(examples.len() > 5);
    let apps = seeded(DEMO, PAGES).await;
    for (query, rest) in examples {
        let expected = rest.split_once("\n```").unwrap().0;
        assert_eq!(apps.query(query).await, expected, "{query}");
    }
}
