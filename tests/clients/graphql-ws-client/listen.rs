//! The client in Rust, as those of `tests/live/clients.mjs`: `listen URL CURSOR`.

use std::{env::args, time::Duration};

use futures_util::StreamExt;
use graphql_ws_client::{Client, graphql::GraphqlOperation};
use serde::Serialize;
use serde_json::{Error, Value, json};
use tokio::time::sleep;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{client::IntoClientRequest, http::HeaderValue},
};

#[derive(Serialize)]
struct Operation {
    query: String,
    variables: Value,
}

impl GraphqlOperation for Operation {
    type Response = Value;
    type Error = Error;

    fn decode(&self, data: Value) -> Result<Value, Error> {
        Ok(data)
    }
}

/// Listens until it is cut off; `after` is the last cursor then.
async fn listen(url: &str, field: &str, after: &mut Value) -> Option<()> {
    let mut request = url.replacen("http", "ws", 1).into_client_request().ok()?;
    request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("graphql-transport-ws"));
    let (socket, _) = connect_async(request).await.ok()?;
    let query = format!("subscription ($after: String) {{ {field}(after: $after) {{ kind id }} }}");
    let operation = Operation { query, variables: json!({ "after": after }) };
    let mut events = Client::build(socket).subscribe(operation).await.ok()?;
    while let Some(Ok(event)) = events.next().await {
        let cursor = &event["extensions"]["dovetail"]["cursor"];
        if !cursor.is_string() {
            println!("{}", json!({ "name": "graphql-ws-client", "field": field, "told": event }));
            return None;
        }
        *after = cursor.clone();
        let change = &event["data"][field];
        println!(
            "{}",
            json!({ "name": "graphql-ws-client", "field": field, "kind": change["kind"], "id": change["id"] })
        );
    }
    None
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let [_, url, start] = &args().collect::<Vec<_>>()[..] else { panic!("usage: listen URL CURSOR") };
    let always = async |field: &str| {
        let mut after = json!(start);
        loop {
            listen(url, field, &mut after).await;
            sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::join!(always("userChanged"), always("postChanged"));
}
