//! Traces: each part with its value, and nothing that `Redact` hides.

use expression::{Context, Expression};

use crate::{NOW, object};

fn trace(text: &str, attributes: &[(&str, &str)]) -> String {
    let attributes = object(attributes);
    let context = Context {
        attributes: &attributes,
        now: NOW.parse().unwrap(),
        tables: None,
        default_domain: None,
        seed: 1,
    };
    Expression::parse(text).unwrap().trace(&context).to_string()
}

#[test]
fn each_part_has_its_value_and_what_was_not_needed_says_so() {
    let text = r#"IIF([country] = "FR", ToUpper(Left([name], 2)), Error("no country"))"#;
    insta::assert_snapshot!(trace(text, &[("country", "FR"), ("name", "Ada")]), @r#"
    IIF([country] = "FR", ToUpper(Left([name], 2)), Error("no country")) = "AD"
      [country] = "FR" = True
        [country] = "FR"
        "FR" = "FR"
      ToUpper(Left([name], 2)) = "AD"
        Left([name], 2) = "Ad"
          [name] = "Ada"
          2 = 2
      Error("no country") = not evaluated
    "#);
}

#[test]
fn a_failure_is_shown_where_it_happened() {
    insta::assert_snapshot!(trace("Append(Left([a], [b]), \"x\")", &[("a", "x"), ("b", "y")]), @r#"
    Append(Left([a], [b]), "x") = error: Left needs a whole number as length and got the text "y": check the source attribute
      Left([a], [b]) = error: Left needs a whole number as length and got the text "y": check the source attribute
        [a] = "x"
        [b] = "y"
      "x" = not evaluated
    "#);
}

#[test]
fn redacted_values_are_hidden_wherever_they_flow() {
    let text = r#"Join("-", Redact(Left([ssn], 3)), [mail], ToUpper([ssn]))"#;
    insta::assert_snapshot!(trace(text, &[("ssn", "123456"), ("mail", "a@b.c")]), @r#"
    Join("-", Redact(Left([ssn], 3)), [mail], ToUpper([ssn])) = [Redact]
      "-" = "-"
      Redact(Left([ssn], 3)) = [Redact]
        Left([ssn], 3) = [Redact]
          [ssn] = [Redact]
          3 = [Redact]
      [mail] = "a@b.c"
      ToUpper([ssn]) = [Redact]
        [ssn] = [Redact]
    "#);
    insta::assert_snapshot!(trace("Left([mail], Redact([ssn]))", &[("ssn", "secret"), ("mail", "a@b.c")]), @r#"
    Left([mail], Redact([ssn])) = error: Left needs a whole number as length and got [Redact]: check the source attribute
      [mail] = "a@b.c"
      Redact([ssn]) = [Redact]
        [ssn] = [Redact]
    "#);
}
