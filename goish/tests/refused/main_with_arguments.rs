#[goish::main]
struct Program;

#[goish::main]
fn main(arguments: Vec<String>) {}
