//! `Replace` and its .NET patterns.

use crate::check;

#[test]
fn the_published_replacements_hold() {
    check(
        r#"Replace([mail], "@contoso.com", , ,"", ,)"#,
        &[("mail", "john.doe@contoso.com")],
        "john.doe",
    );
    check(
        r#"Replace([t],"Product Developer", , , "Software Engineer", , )"#,
        &[("t", "Product Developer")],
        "Software Engineer",
    );
    check(
        r#"Replace([id],"<username>", , , , , "<username>@contoso.com")"#,
        &[("id", "jsmith")],
        "jsmith@contoso.com",
    );
    check(
        r#"Replace([t], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , )"#,
        &[("t", "+91 9998887777")],
        "9998887777",
    );
    check(
        r#"Replace([t], , "[()\\s-]+", , "", , )"#,
        &[("t", "+1 (999) 888-7777")],
        "+19998887777",
    );
    check(
        r#"Replace([a], ,"(?<streetNumber>^\\d*)","streetNumber", "888", , )"#,
        &[("a", "545 Tremont Street")],
        "888 Tremont Street",
    );
    check(
        r#"Replace([upn], , "(?<Suffix>@(.)*)", "Suffix", "", , )"#,
        &[("upn", "jsmith@contoso.com")],
        "jsmith",
    );
    check(r#"Replace([n], , "[a-zA-Z_]*", , "", , )"#, &[("n", "john_doe72")], "72");
    check(r#"Replace([l], "-", , , "_", , )"#, &[("l", "EN-US")], "EN_US");
    check(
        r#"Replace([w], , "(?<leadingZeros>^0+)(?<actualValue>[a-zA-Z0-9]+)", , "${actualValue}", ,)"#,
        &[("w", "00012345")],
        "12345",
    );
    check(
        r#"Replace([n], , "(?<firstName>[a-zA-Z]+ )(?<lastName>[a-zA-Z]+)", ,"${lastName}", ,)"#,
        &[("n", "John Smith")],
        "Smith",
    );
    check(
        r#"Join(" ",Replace([h], ,"(?<CountryISOCode>.*)_(?<suffix1>.*)_(?<suffix2>.*)[0-9]", ,"${suffix1} ${suffix2}", , ),[l])"#,
        &[("h", "NLD_Van_der3"), ("l", "Hof")],
        "Van der Hof",
    );
    check(
        r#"Replace(Replace([t], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.* )[x](?<extension>.*)", , "${phoneNumber}", , ), ,"[()\\s-]+", ,"", , )"#,
        &[("t", "+1 (206) 291-8163 x8125")],
        "2062918163",
    );
    check(
        r#"Replace([t], , "\\+(?<isdCode>\\d* )(?<phoneNumber>.* )[x](?<extension>.*)", , "${extension}", , )"#,
        &[("t", "+1 (206) 291-8163 x8125")],
        "8125",
    );
}

#[test]
fn an_identifier_becomes_digits() {
    check(
        r#"Join("", 1000, Replace(ConvertToUTF8Hex([objectId]), , "[a-zA-Z_]*", , "", , ))"#,
        &[("objectId", "00aa00aa-bb11-cc22-dd33-44ee44ee44ee")],
        "100030306161303061612626231312636332322646433332343465653434656534346565",
    );
}

#[test]
fn a_missing_source_is_taken_from_another_attribute() {
    let text = r#"Replace([tel], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", "phoneNumber", , [mobile], )"#;
    check(text, &[("tel", ""), ("mobile", "+91 8887779999")], "8887779999");
    check(text, &[("mobile", "+91 8887779999")], "8887779999");
    check(text, &[("tel", "+1 5"), ("mobile", "+91 8887779999")], "+1 5");
    check(text, &[("mobile", "none")], "null");
    check(text, &[], "null");
}

#[test]
fn a_blank_in_a_group_is_kept() {
    let text = r#"Switch(Replace([t], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${isdCode}", , ), "USA", "1", "USA", "44", "GBR")"#;
    check(text, &[("t", "+44 9998887777")], "USA");
}

#[test]
fn empty_parameters_count_as_left_out() {
    check(r#"Replace([a], ".", "", "", "", "", "")"#, &[("a", "j.d")], "jd");
    check(r#"Replace([x], "a", , , "b", , )"#, &[], "null");
    check(r#"Replace([x], "<u>", , , , , "<u>@contoso.com")"#, &[], "null");
}

/// A pattern and a replacement applied to a text.
#[track_caller]
fn replaced(pattern: &str, replacement: &str, text: &str, expected: &str) {
    check(
        "Replace([t], , [p], , [r], , )",
        &[("t", text), ("p", pattern), ("r", replacement)],
        expected,
    );
}

#[test]
fn an_empty_match_may_follow_a_match() {
    replaced("a*", "-", "baaac", "-b--c-");
    replaced("x*", "-", "abc", "-a-b-c-");
    replaced(".*", "x", "abc", "xx");
    replaced(r"(.*?)(?<id>.{0,8})$", "${id}", "0000000012345", "00012345");
}

#[test]
fn references_in_the_replacement_follow_dotnet() {
    replaced("(a)(b)", "$2abc", "ab", "babc");
    replaced("(a)(b)", "${2}${1}$$ $9 ${none} $", "ab", "ba$ $9 ${none} $");
    replaced("b", "[$`|$&|$'|$_]", "abc", "a[a|b|c|abc]c");
    replaced("(a)|(b)", "<$+>", "ab", "<><b>");
    replaced("(?<first>a)(b)", "$1$2", "ab", "ba");
}

#[test]
fn classes_follow_dotnet() {
    replaced("[a-z-[aeiou]]", "", "education", "euaio");
    replaced("[^a-z-[0-9]]", "", "a1-b", "a1b");
    replaced("[[&&--]", "", "a[&-b", "ab");
    replaced(r"[]\d]", "", "a]1", "a");
    replaced(r"[\w-]+", "x", "a-b c", "x x");
    replaced(r"[a\-z]", "", "a-mz", "m");
    replaced(r"\w", "", "aéı_٣Ⓐ", "Ⓐ");
    replaced("a{,2}", "x", "a{,2}", "x");
    replaced("{", "x", "{", "x");
}

#[test]
fn anchors_and_options_follow_dotnet() {
    replaced("b$", "x", "b\n", "x\n");
    replaced("(?m)^", ">", "a\nb", ">a\n>b");
    replaced("(?i)ab(?-i)c", "x", "ABc ABC", "x ABC");
    replaced("a(?i:b)", "x", "aB AB", "x AB");
    replaced("(?n)(a)(?<g>b)", "$1", "ab", "b");
    replaced("(?x) a b # comment", "x", "ab", "x");
    replaced(r"(?<=\$)\d+(?= USD)", "9", "$15 USD", "$9 USD");
    replaced(r"(\w)\1", "<$1>", "aabc", "<a>bc");
    replaced(r"(?<l>\w)\k<l>", "<${l}>", "aabc", "<a>bc");
    replaced(r"\bb\b", "x", "b ab b.", "x ab x.");
    replaced(r"\0|\x41|\u0042|\101", "", "a\0AB", "a");
    replaced("(?i)s+k", "x", "sSſk SK s\u{212a}", "sSſk x x");
    replaced("(?i)Ä|σ", "x", "ä Ä Σ ς", "x x x ς");
    replaced(r"\p{IsCyrillic}+", "x", "Андрей A", "x A");
    replaced(r"[^\p{IsBasicLatin}]|\P{IsBasicLatin}", "", "añbñ", "ab");
    replaced(r"[\p{L}-[\p{IsGreek}]]+", "x", "abγ", "xγ");
}

#[test]
fn what_the_engine_would_read_differently_is_refused() {
    let cases = [
        (
            r"(?<n>a)(?<-n>b)",
            "the pattern uses a balancing group (?<a-b>…), which is not supported here (character 13): match the parts one by one",
        ),
        (
            r"(?(a)b|c)",
            "the pattern uses a conditional (?(…), which is not supported here (character 2): write the two cases as (…|…)",
        ),
        (
            r"\p{IsRunic}",
            "the pattern uses this category or block, which is not supported here (character 2): use a general category like \\p{Lu}, or list the characters",
        ),
        (r"a**", "the pattern is not complete: a repetition follows a repetition (character 3)"),
        (r"a++", "the pattern is not complete: a repetition follows a repetition (character 3)"),
        (r"(a", "the pattern is not complete: the parenthesis ( is not closed (character 1)"),
        (r"[a", "the pattern is not complete: the class [ is not closed (character 2)"),
        (r"\y", "the pattern is not complete: there is no escape \\y (character 2)"),
        (
            r"(\w{1,100}){50}",
            "the repetitions of the pattern count up to 5000 characters, the most is 2000: use * or + instead",
        ),
        (r"a{1001}", "the pattern is not complete: a repetition counts beyond 1000 (character 2)"),
        (
            r"(?<=(a))\1",
            "a group inside a look-behind has no text of its own: put the group outside",
        ),
    ];
    for (pattern, error) in cases {
        replaced(pattern, "", "x", &format!("error: {error}"));
    }
}

#[test]
fn patterns_that_take_long_together_are_stopped() {
    let text = "a".repeat(16_000);
    let busy = "error: the patterns of the expression take too long on this value: shorten the value, or make the patterns simpler";
    replaced("(?:[a-z]{0,100}){0,10}x", "", &text, busy);
    replaced("a", "b", &text, busy);
    replaced("b", "", &text, &text);
    let mails = "ada@contoso.com ".repeat(100);
    replaced(r"^[\w.+-]{1,64}@[\w-]{1,63}\.\w{2,10}$", "", "a.b@contoso.com", "");
    replaced(r"@[\w.]+\s", "; ", &mails, &"ada; ".repeat(100));
}

#[test]
fn a_pattern_that_never_ends_is_stopped() {
    let text = "a".repeat(40) + "b";
    replaced(
        r"(?:(a|a)*\1)+$",
        "",
        &text,
        "error: the pattern takes more than 100000 steps back: avoid repetitions inside repetitions",
    );
}
