//! What people get wrong, and what they are told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use expression::{Severity, Surroundings, check_with};

/// Each text with its findings, and the part of the text that each points to.
fn told(texts: &[&str]) -> String {
    let attributes: BTreeSet<String> =
        ["givenName", "surname", "mail", "department"].into_iter().map(str::to_owned).collect();
    let surroundings = Surroundings { attributes: Some(&attributes), ..Surroundings::default() };
    let mut lines = String::new();
    for text in texts {
        writeln!(lines, "{text}").unwrap();
        for finding in check_with(text, &surroundings) {
            let kind = if finding.severity == Severity::Error { "error" } else { "warning" };
            let hint = finding.hint.map_or(String::new(), |hint| format!(": {hint}"));
            let place = &text[finding.span.range()];
            writeln!(lines, "  {kind} at `{place}`: {}{hint}", finding.message).unwrap();
        }
    }
    lines
}

#[test]
fn quotes_and_brackets() {
    let texts = [
        r#"Join(" ", [givenName], [surname]"#,
        r#"Join(" ", [givenName], [surname]))"#,
        r#"Join(" , [givenName], [surname])"#,
        r#"Join(" ", [givenName, [surname])"#,
        r#"Join(" ", givenName], [surname])"#,
        r#"Join(" " [givenName], [surname])"#,
        r#"Join(" ", [givenName] [surname])"#,
        r#"Join(" "; [givenName]; [surname])"#,
        "Join(“ ”, [givenName], [surname])",
        "Join(' ', [givenName], [surname])",
        r#"Join(" ", givenName, surname)"#,
        r#"Join(" ", user.givenname, user.surname)"#,
        r#"Join(" ", "[givenName]", [surname])"#,
    ];
    insta::assert_snapshot!(told(&texts), @r##"
    Join(" ", [givenName], [surname]
      error at `(`: the parenthesis ( of Join is not closed: end the parameters with )
    Join(" ", [givenName], [surname]))
      error at `)`: there is a ) without its (: remove it, or add the ( before it
    Join(" , [givenName], [surname])
      error at `"`: the text that begins here is not closed: end it with "; a quote inside is written \"
    Join(" ", [givenName, [surname])
      error at `[`: the bracket [ is not closed: end the name of the attribute with ]
    Join(" ", givenName], [surname])
      error at `givenName`: the word "givenName" stands without quotes and brackets: write [givenName] for the attribute, "givenName" for the text
    Join(" " [givenName], [surname])
      error at `[`: a comma or & is missing before this: write a comma between two parameters, or & between two texts to join
    Join(" ", [givenName] [surname])
      error at `[`: a comma or & is missing before this: write a comma between two parameters, or & between two texts to join
    Join(" "; [givenName]; [surname])
      error at `;`: parameters are not separated by ;: write a comma
    Join(“ ”, [givenName], [surname])
      error at `“`: this is a typographic quote: write texts in straight quotes: "text"
    Join(' ', [givenName], [surname])
      error at `'`: this is a single quote: write texts in double quotes: "text"
    Join(" ", givenName, surname)
      error at `givenName`: the word "givenName" stands without quotes and brackets: write [givenName] for the attribute, "givenName" for the text
    Join(" ", user.givenname, user.surname)
      error at `user.givenname`: the word "user.givenname" stands without quotes and brackets: write [givenname] for the attribute, "user.givenname" for the text
    Join(" ", "[givenName]", [surname])
      warning at `"[givenName]"`: this is the text "[givenName]", not the attribute: write [givenName] without quotes
    "##);
}

#[test]
fn habits_of_spreadsheets_and_scripts() {
    let texts = [
        r#"[givenName] + " " + [surname]"#,
        r#"=Join(" ", [givenName], [surname])"#,
        r#"join(" ", [givenname], [surname])"#,
        r#"Joni(" ", [givenName], [surname])"#,
        r#"CONCATENATE([givenName], " ", [surname])"#,
        r#"IF([department] = "IT", "a", "b")"#,
        r#"IIF([department] == "IT", "a", "b")"#,
        r#"IIF([department] != "IT", "a", "b")"#,
        r#"IIF([department] = "IT" && [mail] = "", "a", "b")"#,
        r#"IIF([department] = "IT" or [mail] = "", "a", "b")"#,
        r#"IIF([department] = "IT" AND [mail] = "", "a", "b")"#,
        r#"IIF([department] eq "IT", "a", "b")"#,
        r#"IIF([department] = "IT", "a", "b", "c")"#,
        r#"IIF("a", "b")"#,
        r#"IIF([department] = "IT" ? "a" : "b")"#,
        r#"IIF([department] = IT, "a", "b")"#,
        "IIF(IsPresent([mail]), True, False)",
        r#"IIF([mail] = null, "a", "b")"#,
    ];
    insta::assert_snapshot!(told(&texts), @r##"
    [givenName] + " " + [surname]
      error at `+`: texts are not joined by +: write Join("", …, …), or & between them
    =Join(" ", [givenName], [surname])
      error at `=`: an expression does not begin with =: remove the sign
    join(" ", [givenname], [surname])
      warning at `join`: join is written Join: Entra ID wants the exact name
      warning at `[givenname]`: the source has no attribute "givenname": did you mean [givenName]?
    Joni(" ", [givenName], [surname])
      error at `Joni`: there is no function "Joni": did you mean Join?
    CONCATENATE([givenName], " ", [surname])
      error at `CONCATENATE`: there is no function "CONCATENATE": write Join("", …, …)
    IF([department] = "IT", "a", "b")
      error at `IF`: there is no function "IF": write IIF(condition, valueIfTrue, valueIfFalse)
    IIF([department] == "IT", "a", "b")
      error at `==`: this is not how values are compared: write a single =
    IIF([department] != "IT", "a", "b")
      error at `!=`: this is not how values are compared: write <>
    IIF([department] = "IT" && [mail] = "", "a", "b")
      error at `&&`: conditions are not joined by a sign: write And(…, …)
    IIF([department] = "IT" or [mail] = "", "a", "b")
      error at `or`: the word "or" joins nothing here: write Or(…, …) around the conditions
    IIF([department] = "IT" AND [mail] = "", "a", "b")
      error at `AND`: the word "AND" joins nothing here: write And(…, …) around the conditions
    IIF([department] eq "IT", "a", "b")
      error at `eq`: the word "eq" joins nothing here: write = between the two
    IIF([department] = "IT", "a", "b", "c")
      error at `"c"`: IIF takes 3 parameters at most, this is number 4: write IIF(condition, [valueIfTrue], [valueIfFalse])
    IIF("a", "b")
      error at `"a"`: IIF needs true or false as condition, this is the text "a": write IIF(condition, [valueIfTrue], [valueIfFalse])
    IIF([department] = "IT" ? "a" : "b")
      error at `?`: a choice is not written with ?: write IIF(condition, …, …)
    IIF([department] = IT, "a", "b")
      error at `IT`: the word "IT" stands without quotes and brackets: write [IT] for the attribute, "IT" for the text
    IIF(IsPresent([mail]), True, False)
      error at `True`: the word "True" stands without quotes and brackets: write "True" in quotes
    IIF([mail] = null, "a", "b")
      error at `null`: the word "null" stands without quotes and brackets: write "" for the empty text, or test with IsNullOrEmpty(…)
    "##);
}

#[test]
fn words_without_quotes_or_brackets() {
    let texts = [
        r#"Switch([department], "x", "IT", "a", "HR")"#,
        r#"Switch([department], "IT", "a")"#,
        r#"Append("say ""hi""", [mail])"#,
        r#"Append([mail], "x",)"#,
        r#"Append([mail] "x")"#,
        r#"Append [mail], "x""#,
        "Append",
        "",
        "[mail], [surname]",
        "([mail])",
        r#"(Append([mail], "x"))"#,
        "{mail}",
        "${mail}",
        "[]",
        "mail",
    ];
    insta::assert_snapshot!(told(&texts), @r##"
    Switch([department], "x", "IT", "a", "HR")
      error at `Switch([department], "x", "IT", "a", "HR")`: the last key of Switch has no value: keys and values come in pairs after the default value, which may be empty: Switch(source, , key, value)
    Switch([department], "IT", "a")
      error at `Switch([department], "IT", "a")`: the last key of Switch has no value: keys and values come in pairs after the default value, which may be empty: Switch(source, , key, value)
    Append("say ""hi""", [mail])
      error at `"`: a quote inside a text is not doubled: write \" for a quote inside a text, or a comma between two texts
    Append([mail], "x",)
    Append([mail] "x")
      error at `"`: a comma or & is missing before this: write a comma between two parameters, or & between two texts to join
    Append [mail], "x"
      error at `Append`: the word "Append" stands without quotes and brackets: write the parameters of Append in parentheses
    Append
      error at `Append`: the word "Append" stands without quotes and brackets: write the parameters of Append in parentheses

      error at ``: the expression is empty: write an attribute like [mail], a text like "x", or a function
    [mail], [surname]
      error at `,`: a comma stands outside of all functions: remove it, or wrap the parts in a function such as Join("", …, …)
    ([mail])
      error at `(`: parentheses only stand behind the name of a function: remove the pair, or write the function's name before it
    (Append([mail], "x"))
      error at `(`: parentheses only stand behind the name of a function: remove the pair, or write the function's name before it
    {mail}
      error at `{`: the sign "{" has no meaning here: write attributes in brackets: [name], and texts in quotes: "text"
    ${mail}
      error at `$`: the sign "$" has no meaning here: write attributes in brackets: [name], and texts in quotes: "text"
    []
      error at `[`: the attribute has no name: write it between [ and ]
    mail
      error at `mail`: the word "mail" stands without quotes and brackets: write [mail] for the attribute, "mail" for the text
    "##);
}

#[test]
fn wrong_parameters() {
    let texts = [
        r#"Left([mail], "three")"#,
        "Mid([mail], 0, 3)",
        "Left([mail])",
        "Left([mail], 3, 4)",
        r#"ToLower(Split([mail], "@"))"#,
        r#"DateAdd("days", 3, Now())"#,
        r#"FormatDateTime([mail], , "q", "yyyy")"#,
        r#"Replace([mail], "@x.org", "")"#,
        r#"Replace([mail], "a", "b")"#,
        r#"Replace([mail], , "[a-z", , "", , )"#,
        r#"Replace([mail], , "(?<user>.*)@", "usr", "", , )"#,
        "Map([mail], item, [item])",
        r#"Map([mail], "item", [itm])"#,
    ];
    insta::assert_snapshot!(told(&texts), @r##"
    Left([mail], "three")
      error at `"three"`: Left needs a whole number as length, this is the text "three": write Left(source, length)
    Mid([mail], 0, 3)
      error at `0`: Mid needs a number from 1 on as start, this is the number 0: write Mid(source, start, [length])
    Left([mail])
      error at `Left([mail])`: Left misses its parameter length: write Left(source, length)
    Left([mail], 3, 4)
      error at `4`: Left takes 2 parameters at most, this is number 3: write Left(source, length)
    ToLower(Split([mail], "@"))
      error at `Split([mail], "@")`: ToLower needs a single value as source, this is the list that Split gives; take one value of it with Item: write ToLower(source, [culture])
    DateAdd("days", 3, Now())
      error at `"days"`: DateAdd needs yyyy, m, ww, d, h, n or s as interval, this is the text "days": write DateAdd(interval, value, dateTime)
    FormatDateTime([mail], , "q", "yyyy")
      error at `"q"`: the date format "q" cannot be used: a single letter must be one of the standard formats, such as d, G, o, s: write it like "yyyy-MM-dd" or "M/d/yyyy h:mm:ss tt"
    Replace([mail], "@x.org", "")
      error at `Replace([mail], "@x.org", "")`: Replace has nothing to put in place: give replacementValue (5th), "" to remove the text
    Replace([mail], "a", "b")
      error at `Replace([mail], "a", "b")`: the third parameter of Replace is a pattern, not the new text: write Replace(source, oldValue, , , newValue, , )
    Replace([mail], , "[a-z", , "", , )
      error at `"[a-z"`: the pattern is not complete: the class [ is not closed (character 4)
    Replace([mail], , "(?<user>.*)@", "usr", "", , )
      error at `Replace([mail], , "(?<user>.*)@", "usr", "", , )`: the pattern of Replace has no group of the name in regexGroupName: write it as (?<name>…)
    Map([mail], item, [item])
      error at `item`: the word "item" stands without quotes and brackets: write [item] for the attribute, "item" for the text
    Map([mail], "item", [itm])
      warning at `[itm]`: the source has no attribute "itm": check its spelling; the letter case counts
    "##);
}

#[test]
fn what_has_no_meaning_here() {
    let texts = [
        r#"Split([mail], "@")[1]"#,
        "[mail].ToLower()",
        "Len([mail]) - 1",
        "Left([mail], Len([mail]) - 1)",
        "Now() + 5",
        "%DomainFQDN",
        r#"Join(" ", [givenName]， [surname])"#,
        r#"IIF([department] = "IT", "a", IIF([department] = "HR", "b")"#,
        "not([mail])",
        r#"Error("x"#,
        r#"ToLower([mail], "english")"#,
        r#"Contains([mail] "x")"#,
        "Coalesce()",
        r#"Guid("x")"#,
        r#"IIF([department] in ("IT", "HR"), "a", "b")"#,
    ];
    insta::assert_snapshot!(told(&texts), @r##"
    Split([mail], "@")[1]
      error at `[`: a value cannot be indexed by [ ]: write Item(…, 1); values count from 1
    [mail].ToLower()
      error at `.`: nothing follows a value after a point: write ToLower(…) around the value
    Len([mail]) - 1
      error at `-`: there is no arithmetic: write DateAdd for dates; a minus in a text stands inside its quotes
    Left([mail], Len([mail]) - 1)
      error at `-`: there is no arithmetic: write DateAdd for dates; a minus in a text stands inside its quotes
    Now() + 5
      error at `+`: texts are not joined by +: write Join("", …, …), or & between them
    %DomainFQDN
      error at `%`: the placeholder that begins here is not closed: write it like %DomainFQDN%
    Join(" ", [givenName]， [surname])
      error at `，`: this sign is of full width, as East Asian keyboards write it: write it in half width
    IIF([department] = "IT", "a", IIF([department] = "HR", "b")
      error at `(`: the parenthesis ( of IIF is not closed: end the parameters with )
    not([mail])
      warning at `not`: not is written Not: Entra ID wants the exact name
    Error("x
      error at `"`: the text that begins here is not closed: end it with "; a quote inside is written \"
    ToLower([mail], "english")
      error at `"english"`: ToLower needs a culture such as tr-TR as culture, this is the text "english": write ToLower(source, [culture])
    Contains([mail] "x")
      error at `"`: a comma or & is missing before this: write a comma between two parameters, or & between two texts to join
    Coalesce()
      error at `Coalesce()`: Coalesce misses its parameter source: write Coalesce(source…)
    Guid("x")
      error at `"x"`: Guid takes 0 parameters at most, this is number 1: write Guid()
    IIF([department] in ("IT", "HR"), "a", "b")
      error at `in`: the word "in" joins nothing here: write Switch(…), or Or(…, …) with a comparison for each value
    "##);
}

#[test]
fn an_expression_of_blanks_is_empty() {
    insta::assert_snapshot!(told(&["  \n "]).trim(), @"error at ``: the expression is empty: write an attribute like [mail], a text like \"x\", or a function");
}
