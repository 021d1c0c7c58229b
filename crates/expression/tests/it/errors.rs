//! What people read when an expression is wrong: the sentence, the way out, the place.

use std::fmt::Write as _;

use expression::{Expression, Origin, Severity, check, function, functions};

/// All findings of a text, each with the part of the text that it points to.
fn findings(text: &str) -> String {
    let mut lines = String::new();
    for finding in check(text) {
        let kind = if finding.severity == Severity::Error { "error" } else { "warning" };
        let hint = finding.hint.map_or(String::new(), |hint| format!(": {hint}"));
        writeln!(lines, "{kind} at `{}`: {}{hint}", &text[finding.span.range()], finding.message)
            .unwrap();
    }
    lines
}

#[test]
fn an_unknown_function_names_its_neighbour() {
    insta::assert_snapshot!(findings("Swich([a], , \"x\", \"y\")"), @r#"error at `Swich`: there is no function "Swich": did you mean Switch?"#);
}

#[test]
fn all_findings_are_told_at_once() {
    insta::assert_snapshot!(findings("Join(\"-\", left([a]), Lenn([b]), Mid(\"x\", \"one\", 2))"), @r#"
    warning at `left`: left is written Left: Entra ID wants the exact name
    error at `left([a])`: Left misses its parameter length: write Left(source, length)
    error at `Lenn`: there is no function "Lenn": did you mean Len?
    error at `"one"`: Mid needs a number from 1 on as start, this is the text "one": write Mid(source, start, [length])
    "#);
}

#[test]
fn too_many_and_missing_parameters_show_the_signature() {
    insta::assert_snapshot!(findings(r#"Len("a", "b")"#), @r#"error at `"b"`: Len takes 1 parameters at most, this is number 2: write Len(source)"#);
    insta::assert_snapshot!(findings(r#"Switch([a], "d", "k")"#), @r#"error at `Switch([a], "d", "k")`: the last key of Switch has no value: keys and values come in pairs after the default value, which may be empty: Switch(source, , key, value)"#);
}

#[test]
fn broken_grammar_is_pointed_at() {
    insta::assert_snapshot!(findings("Append([a], “x”)"), @r#"error at `“`: this is a typographic quote: write texts in straight quotes: "text""#);
    insta::assert_snapshot!(findings("Split([a], \",\")[0]"), @"error at `[`: a value cannot be indexed by [ ]: write Item(…, 1); values count from 1");
    insta::assert_snapshot!(findings("Append([a], \"x"), @r#"error at `"`: the text that begins here is not closed: end it with "; a quote inside is written \""#);
    insta::assert_snapshot!(findings("Append([a, \"x\")"), @"error at `[`: the bracket [ is not closed: end the name of the attribute with ]");
    insta::assert_snapshot!(findings("Append([a], \"x\""), @"error at `(`: the parenthesis ( of Append is not closed: end the parameters with )");
    insta::assert_snapshot!(findings("Append([a] \"x\")"), @r#"error at `"`: a comma or & is missing before this: write a comma between two parameters, or & between two texts to join"#);
    insta::assert_snapshot!(findings("displayName"), @r#"error at `displayName`: the word "displayName" stands without quotes and brackets: write [displayName] for the attribute, "displayName" for the text"#);
    insta::assert_snapshot!(findings("[a] = 1"), @"error at `=`: a comparison stands alone: write it inside IIF(…) or CBool(…)");
    insta::assert_snapshot!(findings(""), @"error at ``: the expression is empty: write an attribute like [mail], a text like \"x\", or a function");
}

#[test]
fn replace_says_which_parameter_is_missing() {
    insta::assert_snapshot!(findings("Replace([a], \"x\")"), @r#"error at `Replace([a], "x")`: Replace has nothing to put in place: give replacementValue (5th), "" to remove the text"#);
    insta::assert_snapshot!(findings("Replace([a], , \"(\", , \"\")"), @r#"error at `"("`: the pattern is not complete: the parenthesis ( is not closed (character 1)"#);
    insta::assert_snapshot!(findings("Replace([a], , \"(?<n>a)\", \"m\", \"\")"), @r#"error at `Replace([a], , "(?<n>a)", "m", "")`: the pattern of Replace has no group of the name in regexGroupName: write it as (?<name>…)"#);
}

#[test]
fn flow_control_stands_outermost() {
    insta::assert_snapshot!(findings("Append(IgnoreFlowIfNullOrEmpty([a]), \"x\")"), @"warning at `IgnoreFlowIfNullOrEmpty([a])`: IgnoreFlowIfNullOrEmpty stands inside Append, where it only yields no value: make it the outermost function");
    insta::assert_snapshot!(findings("Append(SelectUniqueValue([a], [b]), \"x\")"), @"error at `SelectUniqueValue([a], [b])`: SelectUniqueValue stands inside Append: make it the outermost function");
    insta::assert_snapshot!(findings("IIF(IgnoreFlowIfNullOrEmpty([a]), 1, 2)"), @"error at `IgnoreFlowIfNullOrEmpty([a])`: IgnoreFlowIfNullOrEmpty is no condition: test with IsNullOrEmpty, and wrap the whole expression");
}

#[test]
fn the_first_error_refuses_the_expression() {
    let error = Expression::parse("Join(\"-\", Lenn([b]))").unwrap_err();
    assert_eq!(error.span.range(), 10..14);
    insta::assert_snapshot!(error, @r#"there is no function "Lenn": did you mean Len?"#);
}

#[test]
fn lengths_and_depths_are_limited() {
    let deep = "Trim(".repeat(65) + "[a]" + &")".repeat(65);
    insta::assert_snapshot!(Expression::parse(&deep).unwrap_err(), @"more than 64 functions stand inside each other: split the expression over two attributes");
    let long = format!("\"{}\"", "x".repeat(9_999));
    insta::assert_snapshot!(Expression::parse(&long).unwrap_err(), @"the expression has 10001 characters, the most is 10000: move a part of it into another attribute");
    for bracket in ["(", "[", "Trim(", "{", "\"", "&"] {
        assert!(Expression::parse(&bracket.repeat(100_000)).is_err());
    }
}

#[test]
fn the_catalogue_is_data() {
    let ours = functions().filter(|function| function.origin == Origin::Instep);
    let ours: Vec<_> = ours.map(|function| function.name).collect();
    assert_eq!(
        ours,
        [
            "And",
            "Or",
            "Right",
            "EndsWith",
            "Equals",
            "RegexMatch",
            "StartsWith",
            "Filter",
            "Map",
            "Lookup"
        ]
    );
    assert_eq!(functions().count(), 56 + ours.len());
    let join = function("Join").unwrap();
    assert_eq!(
        join.parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>(),
        ["separator", "source"]
    );
}

#[test]
fn an_expression_tells_what_it_reads_and_calls() {
    let expression =
        Expression::parse(r#"Redact(Replace([a.b], , "(?<n>x)", "n", , "mobile", ))"#).unwrap();
    assert_eq!(expression.attributes().into_iter().collect::<Vec<_>>(), ["a.b", "mobile"]);
    assert_eq!(expression.functions().into_iter().collect::<Vec<_>>(), ["Redact", "Replace"]);
    assert!(expression.is_redacted());
}

#[test]
fn the_page_about_expressions_has_every_function() {
    let page = include_str!("../../../../docs/expressions.md");
    for function in functions() {
        assert!(page.contains(&format!("`{}(", function.name)), "{}", function.name);
    }
}
