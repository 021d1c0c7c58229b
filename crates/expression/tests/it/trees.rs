//! Trees: what Graph writes and what it reads back, and the layout for people.

use expression::Expression;
use expression::tree::Tree;

fn tree(json: &str) -> Tree {
    serde_json::from_str(json).unwrap()
}

/// What a tree says, as text; its errors and warnings in words.
#[track_caller]
fn check(json: &str, expected: &str) {
    let actual = match Expression::from_tree(&tree(json)) {
        Ok(expression) => {
            let mut text = expression.to_string();
            for warning in expression.warnings() {
                text = format!("{text} // {}", warning.message);
            }
            text
        }
        Err(error) => format!("error: {error}"),
    };
    assert_eq!(actual, expected);
}

#[test]
fn a_tree_has_the_shape_of_graph() {
    let expression =
        Expression::parse(r#"Replace([preferredLanguage], "-", , , "_", , )"#).unwrap();
    let json = serde_json::to_string_pretty(&expression.to_tree()).unwrap();
    insta::assert_snapshot!(json, @r#"
    {
      "type": "Function",
      "name": "Replace",
      "expression": "Replace([preferredLanguage], \"-\", , , \"_\", , )",
      "parameters": [
        {
          "key": "source",
          "value": {
            "type": "Attribute",
            "name": "preferredLanguage",
            "expression": "[preferredLanguage]",
            "parameters": []
          }
        },
        {
          "key": "Find",
          "value": {
            "type": "Constant",
            "name": "-",
            "expression": "\"-\"",
            "parameters": []
          }
        },
        {
          "key": "Replacement",
          "value": {
            "type": "Constant",
            "name": "_",
            "expression": "\"_\"",
            "parameters": []
          }
        }
      ]
    }
    "#);
}

/// The names of the parameters of a tree.
#[track_caller]
fn keys(text: &str, expected: &str) {
    let tree = Expression::parse(text).unwrap().to_tree();
    let keys: Vec<_> =
        tree.parameters.iter().filter_map(|parameter| parameter.key.as_deref()).collect();
    assert_eq!(keys.join(" "), expected, "{text}");
}

#[test]
fn the_parameters_have_the_names_of_graph() {
    keys(r#"IIF([a] = "1", "x", "y")"#, "one two three four five");
    keys(r#"IIF(IsPresent([a]), "x", "y")"#, "one two three");
    keys(r#"IIF([a] = "1", , "y")"#, "one two three five");
    keys(r#"Switch([a], , "k", "v")"#, "source key value");
    keys(r#"Join(" ", [a], [b])"#, "separator source source");
    keys("BitAnd([a], 2)", "left right");
    keys("Left([a], 2)", "source length");
}

#[test]
fn what_a_tree_cannot_say_comes_back_from_its_text() {
    for text in [
        "Mid([x], 1, 3)",
        r#"Mid([x], "1", "3")"#,
        r#"IIF([a] = 1, "x", )"#,
        r#"IIF("a" <> "=", "=", "=")"#,
        r#"Join("@", [x], , %DomainFQDN%)"#,
        r#"InStr([a], "b", , vbTextCompare)"#,
        r#"Append("t-" & [a] & 1, &HF7)"#,
        r#"Switch([a], "d", "k", , "l", "v")"#,
        "CBool([a] >= [b])",
        "Not([a] = [b])",
        r#"Append("\"\\ [x]", [urn:x:2.0:User:a.b])"#,
        r#""text""#,
        "42",
        "[mail]",
        "Now()",
        "%DomainFQDN%",
        r#""%DomainFQDN%""#,
        r#""""#,
    ] {
        let expression = Expression::parse(text).unwrap();
        let tree = expression.to_tree();
        assert_eq!(Expression::from_tree(&tree).unwrap(), expression, "{text}");
        let json = serde_json::to_string(&tree).unwrap();
        assert_eq!(self::tree(&json), tree);
    }
}

#[test]
fn a_tree_without_texts_is_read_by_names() {
    check(r#"{"type":"Attribute","name":"mail"}"#, "[mail]");
    check(r#"{"name":"mail"}"#, "[mail]");
    check(r#"{"type":"CONSTANT","name":"a \"b\" \\c"}"#, r#""a \"b\" \\c""#);
    check(r#"{"type":"Constant","name":"","expression":null,"parameters":null}"#, r#""""#);
    check(
        r##"{"@odata.type":"#microsoft.graph.attributeMappingSource","type":"function","name":"Join","parameters":[
            {"key":"separator","value":{"type":"constant","name":"."}},
            {"key":"source","value":{"type":"attribute","name":"givenName"}},
            {"key":"source","value":{"type":"function","name":"Trim","parameters":[
                {"key":"source","value":{"name":"surname"}}]}}]}"##,
        r#"Join(".", [givenName], Trim([surname]))"#,
    );
    check(
        r#"{"type":"Function","name":"Replace","parameters":[
            {"key":"source","value":{"name":"preferredLanguage"}},
            {"key":"Find","value":{"type":"Constant","name":"-"}},
            {"key":"Replacement","value":{"type":"Constant","name":"_"}}]}"#,
        r#"Replace([preferredLanguage], "-", , , "_", , )"#,
    );
    check(
        r#"{"type":"Function","name":"IIF","parameters":[
            {"key":"one","value":{"name":"country"}},
            {"key":"two","value":{"type":"Constant","name":"=","expression":"\"=\""}},
            {"key":"three","value":{"type":"Constant","name":"US"}},
            {"key":"five","value":{"type":"Constant","name":"No"}}]}"#,
        r#"IIF([country] = "US", , "No")"#,
    );
}

#[test]
fn the_keys_of_switch_keep_their_places() {
    let switch = |keys: [&str; 4]| {
        format!(
            r#"{{"type":"Function","name":"Switch","parameters":[{{"key":"source","value":{{"name":"a"}}}},{}]}}"#,
            keys.iter()
                .filter(|key| !key.is_empty())
                .map(|key| format!(r#"{{"key":"{key}","value":{{"type":"Constant","name":"x"}}}}"#))
                .collect::<Vec<_>>()
                .join(",")
        )
    };
    check(
        &switch(["switchKey", "switchValue", "switchKey", "switchValue"]),
        r#"Switch([a], , "x", "x", "x", "x")"#,
    );
    check(
        &switch(["switchKey", "", "switchKey", "switchValue"]),
        r#"Switch([a], , "x", , "x", "x")"#,
    );
    check(
        &switch(["switchValue", "switchValue", "switchValue", "switchValue"]),
        r#"Switch([a], , "x", "x", "x", "x")"#,
    );
    check(&switch(["defaultValue", "key", "value", ""]), r#"Switch([a], "x", "x", "x")"#);
    check(&switch(["key", "", "key", "value"]), r#"Switch([a], , "x", , "x", "x")"#);
}

#[test]
fn the_parts_win_over_a_text_that_says_otherwise() {
    check(
        r#"{"type":"Attribute","name":"mail","expression":"[userPrincipalName]"}"#,
        "[mail] // the source says one thing as a tree and another as text, and the tree counts",
    );
    check(r#"{"type":"Attribute","name":null,"expression":"[mail]"}"#, "[mail]");
    check(
        r#"{"type":"Function","name":"Append","expression":"Append([a], \"x\")"}"#,
        r#"Append([a], "x")"#,
    );
    check(r#"{"expression":"Append([a], \"x\")"}"#, r#"Append([a], "x")"#);
    check(
        r#"{"type":"Function","name":"Append","expression":"Append([a], \"y\")","parameters":[
            {"key":"source","value":{"name":"a"}},{"key":"suffix","value":{"type":"Constant","name":"x"}}]}"#,
        r#"Append([a], "x") // the source says one thing as a tree and another as text, and the tree counts"#,
    );
    check(
        r#"{"type":"Function","name":"Mid","expression":"Mid([a], 1, 2)","parameters":[
            {"key":"source","value":{"name":"a","type":"Attribute","expression":"[a]"}},
            {"key":"start","value":{"type":"Constant","name":"1","expression":"\"1\""}},
            {"key":"length","value":{"type":"Constant","name":"2","expression":"\"2\""}}]}"#,
        "Mid([a], 1, 2)",
    );
}

#[test]
fn a_tree_that_says_nothing_is_refused() {
    check(
        "{}",
        r#"error: a part of the source has neither a name nor an expression: give it an expression such as "[mail]""#,
    );
    check(
        r#"{"type":"Function","name":"Swich","parameters":[{"value":{"name":"a"}}]}"#,
        r#"error: there is no function "Swich": did you mean Switch?"#,
    );
    let mut deep = Tree { name: Some("a".into()), ..Tree::default() };
    for _ in 0..100 {
        let parameter = expression::tree::TreeParameter { key: None, value: Some(deep) };
        deep = Tree { name: Some("Trim".into()), parameters: vec![parameter], ..Tree::default() };
    }
    insta::assert_snapshot!(Expression::from_tree(&deep).unwrap_err(), @"the source nests more than 64 functions: split the expression over two attributes");
}

/// The layout, which laid out again does not change.
fn format(text: &str, width: usize) -> String {
    let expression = Expression::parse(text).unwrap();
    let layout = expression.format(width);
    let again = Expression::parse(&layout).unwrap();
    assert_eq!(again, expression, "{layout}");
    assert_eq!(again.format(width), layout);
    layout
}

#[test]
fn what_fits_stands_on_one_line() {
    insta::assert_snapshot!(format("Join( \"-\" ,[a],[b] )", 80), @r#"Join("-", [a], [b])"#);
}

#[test]
fn what_does_not_fit_is_laid_out_by_parameters() {
    let switch = r#"Switch([state], "Australia/Sydney", "NSW","Australia/Sydney","QLD","Australia/Brisbane","SA", Join("-", Trim([a long name]), [another long name], "text"))"#;
    insta::assert_snapshot!(format(switch, 60), @r#"
    Switch(
        [state],
        "Australia/Sydney",
        "NSW", "Australia/Sydney",
        "QLD", "Australia/Brisbane",
        "SA",
        Join(
            "-",
            Trim([a long name]),
            [another long name],
            "text"
        )
    )
    "#);
    let replace = r#"IIF(Len([telephoneNumber] & [mobile]) > 5, Replace([telephoneNumber], , "[()\\s-]+", , "", , ), )"#;
    insta::assert_snapshot!(format(replace, 40), @r#"
    IIF(
        Len([telephoneNumber] & [mobile]) > 5,
        Replace(
            [telephoneNumber],
            ,
            "[()\\s-]+",
            ,
            "",
            ,
        ),
    )
    "#);
}
