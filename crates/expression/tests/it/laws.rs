//! What holds for all expressions.

use std::collections::BTreeMap;

use expression::tree::{Tree, TreeKind};
use expression::{Context, Expression, Outcome, Value, functions};
use proptest::prelude::*;

/// Texts that follow the grammar, with functions of the catalogue at every depth.
fn expressions() -> impl Strategy<Value = String> {
    let names: Vec<&'static str> = functions().map(|function| function.name).collect();
    let leaf = prop_oneof![
        "\\[[a-z.:]{1,8}\\]",
        "\\[[a-z]{1,3}\\[x eq \"[a-z\\]]{0,3}\"\\][a-z.]{0,4}\\]",
        "\"([a-z ,()\\[\\]$é𠮷-]|\\\\\\\\|\\\\\"|\\\\[a-z])*\"",
        "-?[0-9]{1,4}(\\.[0-9]{1,3})?",
        "&[Hh][0-9A-Fa-f]{1,4}",
        "%[A-Za-z]{1,8}%",
        Just("vbTextCompare".to_owned()),
    ];
    leaf.prop_recursive(5, 40, 7, move |inner| {
        let slot = prop_oneof![
            1 => Just(String::new()),
            6 => inner.clone(),
            1 => (inner.clone(), prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]), inner.clone())
                .prop_map(|(left, sign, right)| format!("{left} {sign}{right}")),
        ];
        prop_oneof![
            4 => (prop::sample::select(names.clone()), "[ \t\n]{0,2}", prop::collection::vec(slot, 0..8))
                .prop_map(|(name, blank, slots)| format!("{name}{blank}({blank}{})", slots.join(","))),
            1 => (inner.clone(), inner).prop_map(|(left, right)| format!("{left} & {right}")),
        ]
    })
}

fn attributes() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let text = prop_oneof![
        "[a-zA-Z0-9 é𠮷ß@.-]{0,12}",
        "[0-9]{1,18}",
        Just("2020-03-16-07:00".to_owned())
    ];
    let single = prop_oneof![
        Just(Value::Null),
        text.prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Decimal),
        any::<bool>().prop_map(Value::Boolean),
    ];
    let value = prop_oneof![3 => single.clone(), 1 => prop::collection::vec(single, 0..4).prop_map(Value::List)];
    prop::collection::btree_map("[a-z.:]{1,2}", value, 0..60)
}

fn evaluate(
    expression: &Expression,
    attributes: &BTreeMap<String, Value>,
) -> Result<Value, String> {
    let now = "2026-11-23T10:11:12Z".parse().unwrap();
    let context =
        Context { attributes, now, default_domain: Some("contoso.com"), tables: None, seed: 7 };
    let _ = expression.candidates(&context);
    expression.evaluate(&context).map_err(|error| error.to_string())
}

/// Takes the texts from all nodes but constants, which are bare without quotes in their text.
fn strip(tree: &mut Tree) {
    if tree.kind != Some(TreeKind::Constant) {
        tree.expression = None;
    }
    for parameter in &mut tree.parameters {
        parameter.value.iter_mut().for_each(strip);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_what_was_printed_gives_the_same_expression(text in expressions()) {
        if let Ok(expression) = Expression::parse(&text) {
            let printed = expression.to_string();
            let again = Expression::parse(&printed);
            prop_assert_eq!(again.as_ref(), Ok(&expression), "{}", printed);
            prop_assert_eq!(again.unwrap().to_string(), printed);
        }
    }

    #[test]
    fn laying_out_keeps_the_meaning_and_settles(text in expressions(), width in 10_usize..100) {
        if let Ok(expression) = Expression::parse(&text) {
            let layout = expression.format(width);
            let again = Expression::parse(&layout);
            prop_assert_eq!(again.as_ref(), Ok(&expression), "{}", layout);
            prop_assert_eq!(again.unwrap().format(width), layout);
        }
    }

    #[test]
    fn a_tree_says_all_that_the_text_says(text in expressions()) {
        if let Ok(expression) = Expression::parse(&text) {
            let tree = expression.to_tree();
            let again = Expression::from_tree(&tree);
            prop_assert_eq!(again.as_ref(), Ok(&expression), "{:?}", tree);
            prop_assert_eq!(again.unwrap().warnings().len(), expression.warnings().len());
        }
    }

    #[test]
    fn the_parts_of_a_tree_suffice(text in expressions()) {
        if let Ok(expression) = Expression::parse(&text) {
            let mut tree = expression.to_tree();
            strip(&mut tree);
            if let Ok(again) = Expression::from_tree(&tree) {
                let mut other = again.to_tree();
                strip(&mut other);
                prop_assert_eq!(tree, other, "{} became {}", text, again);
            }
        }
    }

    #[test]
    fn a_trace_ends_with_the_value(text in expressions(), object in attributes()) {
        if let Ok(expression) = Expression::parse(&text) {
            let now = "2026-11-23T10:11:12Z".parse().unwrap();
            let context = Context { attributes: &object, now, default_domain: None, tables: None, seed: 7 };
            let trace = expression.trace(&context);
            let expected = match expression.evaluate(&context) {
                Ok(_) if trace.redacted => Outcome::Redacted,
                Ok(value) => Outcome::Value(value),
                Err(error) => Outcome::Failed(error),
            };
            prop_assert_eq!(format!("{:?}", trace.outcome), format!("{expected:?}"));
        }
    }

    #[test]
    fn every_evaluation_ends_and_repeats(text in expressions(), object in attributes()) {
        if let Ok(expression) = Expression::parse(&text) {
            let result = evaluate(&expression, &object);
            prop_assert_eq!(format!("{result:?}"), format!("{:?}", evaluate(&expression, &object)));
        }
    }

    #[test]
    fn no_text_panics_the_parser(text in "\\PC{0,80}") {
        for finding in expression::check(&text) {
            prop_assert!(text.get(finding.span.range()).is_some());
        }
    }

    #[test]
    fn no_near_expression_panics_the_parser(text in "([A-Z][a-z]{2}|[()\\[\\],\"\\\\&=<>%. 0-9é“-]|Join|Replace|Switch){0,30}") {
        for finding in expression::check(&text) {
            prop_assert!(text.get(finding.span.range()).is_some());
        }
    }

    #[test]
    fn no_function_panics_on_any_values(
        name in prop::sample::select(functions().map(|function| function.name).collect::<Vec<_>>()),
        names in prop::collection::vec("[a-z]", 0..8),
        object in attributes(),
    ) {
        let slots: Vec<String> = names.iter().map(|name| format!("[{name}]")).collect();
        if let Ok(expression) = Expression::parse(&format!("{name}({})", slots.join(","))) {
            let _ = evaluate(&expression, &object);
        }
    }

    #[test]
    fn no_pattern_panics(
        pattern in "([a-c(){}\\[\\]|.*+?^$\\\\<>=!:#i0-9,-]|\\(\\?<|\\\\[a-z]|\\[\\^|-\\[|é){0,20}",
        replacement in "[$`&_+{}0-9a-c]{0,8}",
        text in "[a-c\n é𠮷0-9]{0,20}",
    ) {
        let object = BTreeMap::from([
            ("p".to_owned(), Value::Text(pattern)),
            ("r".to_owned(), Value::Text(replacement)),
            ("t".to_owned(), Value::Text(text)),
        ]);
        let _ = evaluate(&Expression::parse("Replace([t], , [p], , [r])").unwrap(), &object);
    }

    #[test]
    fn no_date_panics(text in "[0-9/:TZ+ .a-zA-Z-]{0,24}", format in "[yMdHhmsfFtzKg'\"%/: .-]{0,14}", count in any::<i64>()) {
        let object = BTreeMap::from([
            ("d".to_owned(), Value::Text(text)),
            ("f".to_owned(), Value::Text(format)),
            ("n".to_owned(), Value::Integer(count)),
        ]);
        for text in [
            "CDate([d])", "NumFromDate([d])", "DateFromNum([n])", "FormatDateTime(Now(), , , [f])",
            "FormatDateTime([d], , [f], \"o\")", "DateAdd(\"m\", [n], Now())", "DateAdd(\"s\", [n], \"9999-12-31\")",
            "DateDiff(\"ww\", [d], Now())", "FormatDateTime(FormatDateTime(Now(), , , [f]), , [f], [f])",
        ] {
            let _ = evaluate(&Expression::parse(text).unwrap(), &object);
        }
    }
}
