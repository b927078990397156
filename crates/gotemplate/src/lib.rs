//! Go's text/template: lexer, parser, evaluator and the verbs of fmt.

pub mod strconv;
