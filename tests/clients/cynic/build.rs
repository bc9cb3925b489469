//! Checks the operations of test.rs against the server's own schema, and makes its types.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    cynic_codegen::register_schema("dovetail").from_sdl_file("../../../schema.graphql")?.as_default()?;
    Ok(())
}
